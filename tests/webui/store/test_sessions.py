from tests.webui.store.rows import MINUTE, NOW, unit
from webui.store import sessions


async def find(tx, name="t"):
    return await sessions.unit_of(
        tx, name, seen_after=NOW - MINUTE, created_after=NOW - 10 * MINUTE
    )


async def test_a_session_lasts_while_it_is_used_and_no_longer_than_a_whole_life(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        await sessions.add(tx, token_hash="t", unit_id=unit_id, now=NOW - 5 * MINUTE)
        assert await find(tx) is None
        await sessions.touch(tx, "t", NOW)
        assert await find(tx) == (unit_id, NOW)
        await sessions.add(tx, token_hash="old", unit_id=unit_id, now=NOW - 10 * MINUTE)
        await sessions.touch(tx, "old", NOW)
        assert await find(tx, "old") is None
        await sessions.end(tx, "t")
        assert await find(tx) is None


async def test_a_challenge_is_taken_once_and_in_time(database):
    async with database.writing() as tx:
        await sessions.add_challenge(tx, nonce_hash="n", expires_at=NOW)
        assert not await sessions.take_challenge(tx, "n", now=NOW)
        assert not await sessions.take_challenge(tx, "other", now=NOW - MINUTE)
        assert await sessions.take_challenge(tx, "n", now=NOW - MINUTE)
        assert not await sessions.take_challenge(tx, "n", now=NOW - MINUTE)


async def test_a_proof_is_taken_once_and_in_time(database):
    async with database.writing() as tx:
        await sessions.add_proof(tx, proof_hash="p", mst="0101300842", expires_at=NOW)
        assert await sessions.take_proof(tx, "p", now=NOW) is None
        assert await sessions.take_proof(tx, "p", now=NOW - MINUTE) == "0101300842"
        assert await sessions.take_proof(tx, "p", now=NOW - MINUTE) is None


async def test_what_is_old_is_forgotten(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        await sessions.add(tx, token_hash="t", unit_id=unit_id, now=NOW)
        await sessions.add_challenge(tx, nonce_hash="n", expires_at=NOW)
        await sessions.add_proof(tx, proof_hash="p", mst="1", expires_at=NOW)
        await sessions.forget_old(tx, now=NOW, created_before=NOW)

        assert await find(tx) is None
        assert not await sessions.take_challenge(tx, "n", now=NOW - MINUTE)
        assert await sessions.take_proof(tx, "p", now=NOW - MINUTE) is None
