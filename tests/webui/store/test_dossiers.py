import asyncio

import pytest

from tests.webui.store.rows import MINUTE, NOW, certificate, dossier, unit
from webui.errors import Refused
from webui.store import dossiers


async def test_a_second_pending_one_for_a_certificate_is_refused_by_the_database(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        certificate_id = await certificate(tx, unit_id)
        await dossiers.add(tx, dossier(unit_id, certificate_id, "1"))
        with pytest.raises(Refused, match="adjustment_pending"):
            await dossiers.add(tx, dossier(unit_id, certificate_id, "2"))
        # The transaction goes on after the refusal.
        other = await certificate(tx, unit_id, "c" * 64)
        await dossiers.add(tx, dossier(unit_id, other, "3"))

    async with database.reading() as tx:
        assert set(await dossiers.pending(tx, unit_id)) == {certificate_id, other}


async def test_of_two_at_the_same_moment_one_is_refused(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        certificate_id = await certificate(tx, unit_id)

    async def file(name):
        async with database.writing() as tx:
            await dossiers.add(tx, dossier(unit_id, certificate_id, name))

    outcomes = await asyncio.gather(*(file(str(n)) for n in range(1, 7)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome] == [Refused] * 5


async def test_after_a_decision_the_next_may_come(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        certificate_id = await certificate(tx, unit_id)
        first = dossier(unit_id, certificate_id, "1")
        await dossiers.add(tx, first)
        assert await dossiers.move(tx, first.id, expected="da-ky", state="tu-choi", decided_at=NOW)
        await dossiers.add(tx, dossier(unit_id, certificate_id, "2", created_at=NOW + MINUTE))

    async with database.reading() as tx:
        assert await dossiers.latest_by_certificate(tx, unit_id) == {
            certificate_id: "2".rjust(32, "0")
        }


async def test_a_move_happens_once_and_only_from_the_expected_state(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        row = dossier(unit_id, await certificate(tx, unit_id))
        await dossiers.add(tx, row)
        assert not await dossiers.move(tx, row.id, expected="dang-gui", state="da-nhan")
        assert await dossiers.move(tx, row.id, expected="da-ky", state="dang-gui", sent_at=NOW)
        assert not await dossiers.move(tx, row.id, expected="da-ky", state="dang-gui")
        kept = await dossiers.get(tx, row.id)

    assert (kept.state, kept.sent_at, kept.document) == ("dang-gui", NOW, row.document)


async def test_search_is_by_all_words_by_state_and_by_unit(database):
    async with database.writing() as tx:
        unit_id, other = await unit(tx), await unit(tx, "0100233488")
        for n in range(5):
            key = await certificate(tx, unit_id, str(n) * 64)
            words = "100% cong ty mau" if n == 3 else f"cong ty {n}"
            await dossiers.add(
                tx,
                dossier(unit_id, key, str(n), search_text=words, created_at=NOW + n * MINUTE),
            )
        await dossiers.add(tx, dossier(other, await certificate(tx, other), "9"))

    async with database.reading() as tx:
        rows, total = await dossiers.search(tx, unit_id, limit=2)
        assert ([row.id[-1] for row in rows], total) == (["4", "3"], 5)
        rows, total = await dossiers.search(tx, unit_id, words="mau cong")
        assert ([row.id[-1] for row in rows], total) == (["3"], 1)
        rows, total = await dossiers.search(tx, unit_id, words="0%")
        assert [row.id[-1] for row in rows] == ["3"]
        assert (await dossiers.search(tx, unit_id, words="_"))[1] == 0
        assert (await dossiers.search(tx, unit_id, state="tu-choi"))[1] == 0
        assert await dossiers.of_unit(tx, other, rows[0].id) is None
