import asyncio
import itertools

from tests.webui.store.rows import MINUTE, NOW, queued
from webui.store import outbox


async def lease(database, owner="me", now=NOW, lasting=MINUTE):
    async with database.writing() as tx:
        return await outbox.lease_next(tx, owner=owner, now=now, lasting=lasting)


async def test_the_longest_due_comes_first_and_nothing_before_its_time(database):
    async with database.writing() as tx:
        later = await queued(tx, "1", NOW + MINUTE)
        second = await queued(tx, "2", NOW)
        first = await queued(tx, "3", NOW - MINUTE)

    assert (await lease(database)).dossier_id == first
    assert (await lease(database)).dossier_id == second
    assert await lease(database) is None
    assert (await lease(database, now=NOW + MINUTE / 2)) is None
    taken = [await lease(database, now=NOW + MINUTE, lasting=2 * MINUTE) for _ in range(3)]
    assert {row.dossier_id for row in taken} == {later, first, second}


async def test_a_leased_row_is_nobody_elses_until_the_lease_lapses(database):
    async with database.writing() as tx:
        dossier_id = await queued(tx)

    assert (await lease(database, "one")).lease_owner == "one"
    assert await lease(database, "two", NOW + MINUTE / 2) is None
    assert (await lease(database, "two", NOW + MINUTE)).lease_owner == "two"
    async with database.writing() as tx:
        assert not await outbox.release(
            tx, dossier_id, owner="one", due_at=NOW + 9 * MINUTE, attempts=9
        )
        assert (await outbox.get(tx, dossier_id)).attempts == 0


async def test_many_backends_at_once_take_each_row_once(database):
    async with database.writing() as tx:
        names = {await queued(tx, str(n)) for n in range(1, 13)}

    async def take_all(owner):
        mine = []
        while (row := await lease(database, owner)) is not None:
            mine.append(row.dossier_id)
        return mine

    taken = await asyncio.gather(*(take_all(f"backend {n}") for n in range(4)))

    assert sorted(itertools.chain.from_iterable(taken)) == sorted(names)


async def test_a_released_row_is_due_when_it_says(database):
    async with database.writing() as tx:
        dossier_id = await queued(tx)
    await lease(database)
    async with database.writing() as tx:
        assert await outbox.release(tx, dossier_id, owner="me", due_at=NOW + MINUTE, attempts=3)
        assert await outbox.next_due(tx) == NOW + MINUTE
        assert not await outbox.is_due(tx, now=NOW)
        await outbox.hasten(tx, dossier_id, now=NOW)
        assert await outbox.is_due(tx, now=NOW)

    assert (await lease(database)).attempts == 3


async def test_the_next_due_row_is_one_that_can_be_taken(database):
    async with database.writing() as tx:
        await queued(tx)
    await lease(database)

    async with database.reading() as tx:
        assert await outbox.next_due(tx) is None
