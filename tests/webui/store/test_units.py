import asyncio

import pytest

from tests.webui.store.rows import unit
from webui.errors import Refused
from webui.store import units


async def test_an_mst_is_registered_once_even_at_the_same_moment(database):
    async def register():
        async with database.writing() as tx:
            return await unit(tx)

    outcomes = await asyncio.gather(*(register() for _ in range(4)), return_exceptions=True)

    assert len([o for o in outcomes if isinstance(o, int)]) == 1
    assert {o.code for o in outcomes if isinstance(o, Refused)} == {"unit_exists"}


async def test_a_profile_changes_and_nothing_else(database):
    async with database.writing() as tx:
        unit_id, other = await unit(tx), await unit(tx, "0100233488")
        await units.change(tx, unit_id, ten_don_vi="TÊN MỚI")

    async with database.reading() as tx:
        assert (await units.get(tx, unit_id)).ten_don_vi == "TÊN MỚI"
        assert (await units.get(tx, other)).ten_don_vi == "CÔNG TY MẪU"
        with pytest.raises(AssertionError):
            await units.get(tx, 999)
