import pytest

from tests.webui.store.rows import MINUTE, NOW, certificate, unit
from webui.errors import Refused
from webui.store import certificates


async def test_a_certificate_is_in_a_units_list_once_but_may_be_in_two_lists(database):
    async with database.writing() as tx:
        unit_id, other = await unit(tx), await unit(tx, "0100233488")
        await certificate(tx, unit_id)
        await certificate(tx, other)
        with pytest.raises(Refused, match="certificate_exists"):
            await certificate(tx, unit_id)
        await certificate(tx, unit_id, "c" * 64)

        assert [row.sha256[0] for row in await certificates.of_unit(tx, unit_id)] == ["c", "a"]


async def test_a_hidden_one_is_not_listed_but_still_known(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        key = await certificate(tx, unit_id)
        await certificates.hide(tx, key)

        assert await certificates.of_unit(tx, unit_id) == []
        assert (await certificates.by_sha256(tx, unit_id, "a" * 64)).hidden


async def test_one_that_comes_back_says_where_its_key_is_now(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        key = await certificate(tx, unit_id)
        await certificates.hide(tx, key)
        await certificates.bring_back(tx, key, source='{"kind":"hsm"}')

        (row,) = await certificates.of_unit(tx, unit_id)
        assert (row.hidden, row.source) == (False, '{"kind":"hsm"}')


async def test_the_oldest_judgements_come_first(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        first = await certificate(tx, unit_id, "1" * 64)
        second = await certificate(tx, unit_id, "2" * 64, now=NOW - MINUTE)
        await certificate(tx, unit_id, "3" * 64, now=NOW + MINUTE)
        await certificate(tx, unit_id, "4" * 64, now=NOW - MINUTE, state="da-thay-the")
        old = await certificates.judged_before(tx, NOW + MINUTE / 2, states=["chua-gui"], limit=5)
        await certificates.set_judgement(
            tx, first, chain="trusted", revocation="revoked", now=NOW + MINUTE
        )
        left = await certificates.judged_before(tx, NOW + MINUTE / 2, states=["chua-gui"], limit=5)

    assert [row.id for row in old] == [second, first]
    assert [row.id for row in left] == [second]
