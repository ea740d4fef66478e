from tests.webui.store.rows import MINUTE, NOW
from webui.store import attempts


async def test_attempts_are_counted_per_mst_and_in_all_within_the_window(database):
    async with database.writing() as tx:
        for mst, minutes in (("1", 0), ("1", 2), ("2", 3), ("1", 20)):
            await attempts.add(tx, mst=mst, at=NOW - minutes * MINUTE)
        since = NOW - 10 * MINUTE

        assert await attempts.count(tx, since=since, mst="1") == (2, NOW - 2 * MINUTE)
        assert await attempts.count(tx, since=since) == (3, NOW - 3 * MINUTE)
        await attempts.forgive(tx, mst="1")
        assert await attempts.count(tx, since=since) == (1, NOW - 3 * MINUTE)
        await attempts.forget_old(tx, before=NOW)
        assert await attempts.count(tx, since=since) == (0, None)
