from tests.webui.world import registered
from webui.filing import sessions


async def test_a_session_is_idle_only_so_long_and_old_only_so_long(office, clock):
    unit = await registered(office)
    token = await sessions.begin(office, unit.id)

    for _ in range(13):
        clock.forward(hours=11)
        assert await sessions.unit_of(office, token) == unit.id
    clock.forward(hours=40)
    assert await sessions.unit_of(office, token) is None


async def test_a_session_in_use_ends_after_its_whole_life(office, clock):
    unit = await registered(office)
    token = await sessions.begin(office, unit.id)
    begun = clock.now
    while clock.now - begun < sessions.WHOLE:
        assert await sessions.unit_of(office, token) == unit.id
        clock.forward(hours=6)

    assert await sessions.unit_of(office, token) is None


async def test_signing_out_ends_it_and_no_other(office):
    unit = await registered(office)
    one, two = await sessions.begin(office, unit.id), await sessions.begin(office, unit.id)
    await sessions.end(office, one)

    assert await sessions.unit_of(office, one) is None
    assert await sessions.unit_of(office, two) == unit.id
    assert await sessions.unit_of(office, "guess") is None


async def test_the_database_does_not_hold_the_token(office, tmp_path):
    unit = await registered(office)
    token = await sessions.begin(office, unit.id)

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sessions.digest(token).encode() in stored
    assert token.encode() not in stored
