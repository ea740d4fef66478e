"""The demo unit is entered once, by the use cases, and what happens to it afterwards stays."""

from pathlib import Path

import pytest

from tests.support.sandbox import sandbox_here
from webui.app import open_office
from webui.bhxh.mst import checked
from webui.config import Settings, Trust
from webui.demo.seed import seed
from webui.filing import inventory, profile
from webui.filing.states import CertificateState
from webui.sandbox.world import UNIT, Role
from webui.store import units


@pytest.fixture
async def world(tmp_path: Path):
    async with sandbox_here(tmp_path / "sandbox") as sandbox:
        settings = Settings(
            data_dir=tmp_path / "web", trust=Trust(roots=(sandbox.authority.trust,))
        )
        yield settings, sandbox.world.certificate(Role.OLD)


async def the_unit(settings: Settings):
    async with open_office(settings) as office:
        async with office.database.reading() as tx:
            unit = await units.by_mst(tx, checked(UNIT.mst))
        assert unit is not None
        return unit, (await inventory.certificates_of(office, unit.id)).rows


async def test_the_unit_is_there_with_its_old_certificate_in_use(world) -> None:
    settings, old = world

    await seed(settings, old_certificate=old)

    unit, rows = await the_unit(settings)
    assert (unit.ten_don_vi, unit.email) == (UNIT.name, UNIT.email)
    assert [(row.der, row.state) for row in rows] == [(old, CertificateState.IN_USE)]
    assert (rows[0].chain, rows[0].revocation) == ("trusted", "good")


async def test_a_second_start_changes_nothing(world) -> None:
    settings, old = world
    await seed(settings, old_certificate=old)
    async with open_office(settings) as office:
        unit, _ = await the_unit(settings)
        now = await profile.get(office, unit.id)
        mine = profile.Profile(
            **{
                name: getattr(now, name)
                for name in profile.Profile.__dataclass_fields__
                if name != "email"
            },
            email="moi@minhhoa.example",
        )
        await profile.change(office, unit.id, mine)

    await seed(settings, old_certificate=old)

    unit, rows = await the_unit(settings)
    assert unit.email == "moi@minhhoa.example"
    assert len(rows) == 1
