import asyncio

from webui.filing.notify import Bell


async def test_only_the_units_own_pages_are_woken():
    bell = Bell()
    with bell.listening(1) as mine, bell.listening(1) as too, bell.listening(2) as others:
        bell.ring(1)

        assert (mine.is_set(), too.is_set(), others.is_set()) == (True, True, False)
    bell.ring(1)
    assert bell._listeners == {}


async def test_a_call_made_before_the_courier_waits_is_not_lost():
    bell = Bell()
    bell.call_courier()
    async with asyncio.timeout(1):
        await bell.wait_for_work(60)


async def test_without_a_call_the_wait_ends_by_itself():
    async with asyncio.timeout(5):
        await Bell().wait_for_work(0.01)
