"""The whole sandbox: what a restart keeps, and what the demo world holds at its beginning."""

import time

from asn1crypto import x509

from protocol.identity import msts
from tests.support.sandbox import sandbox_here
from webui.bhxh.mst import checked
from webui.sandbox.world import BRANCH_MST, OTHER_MST, UNIT, Role


async def test_bhxh_knows_the_demo_unit_by_its_old_certificate(sandbox) -> None:
    registered = await sandbox.ledger.registered(checked(UNIT.mst))

    assert [one.certificate for one in registered] == [sandbox.world.certificate(Role.OLD)]


async def test_a_second_start_keeps_all_and_is_quick(tmp_path) -> None:
    async with sandbox_here(tmp_path) as first:
        root, ports = first.authority.root, dict(first.ports)
        old, bhxh = first.world.certificate(Role.OLD), first.world.bhxh_certificate
        await first.box.keep(["a@b.example"], b"Subject: x\r\n\r\nx")

    begun = time.monotonic()
    async with sandbox_here(tmp_path) as second:
        assert time.monotonic() - begun < 2
        assert second.authority.root == root
        assert second.ports == ports
        assert second.world.certificate(Role.OLD) == old
        assert second.world.bhxh_certificate == bhxh
        assert len(await second.box.newest()) == 1


async def test_an_accepted_change_is_not_undone_by_a_restart(tmp_path) -> None:
    mst = checked(UNIT.mst)
    async with sandbox_here(tmp_path) as first:
        await first.ledger.register(mst, b"another")

    async with sandbox_here(tmp_path) as second:
        assert [one.certificate for one in await second.ledger.registered(mst)] == [b"another"]


def test_the_numbers_of_the_demo_world_pass_the_check_digit_and_are_nobodys() -> None:
    for number in (UNIT.mst, OTHER_MST, BRANCH_MST):
        assert checked(number).startswith("99")
    assert BRANCH_MST.startswith(UNIT.mst)


async def test_the_old_certificate_still_lives_some_weeks(sandbox) -> None:
    old = x509.Certificate.load(sandbox.world.certificate(Role.OLD))

    assert msts(old) == (UNIT.mst,)
    assert 14 <= (old.not_valid_after - _now()).days <= 21


def _now():
    from datetime import UTC, datetime

    return datetime.now(UTC)
