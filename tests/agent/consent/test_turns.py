import asyncio

import pytest

from agent.consent.turns import MOST_WAITING, Turns
from agent.errors import UserError


async def test_turns_are_taken_in_order():
    turns, order = Turns(), []

    async def ask(name):
        async with turns.turn(name, seconds=5):
            order.append(f"{name}+")
            await asyncio.sleep(0)
            order.append(f"{name}-")

    await asyncio.gather(*map(ask, "abc"))

    assert order == ["a+", "a-", "b+", "b-", "c+", "c-"]


async def test_one_asker_has_one_question():
    turns = Turns()
    async with turns.turn("a", seconds=5):
        with pytest.raises(UserError, match="prompt_busy"):
            async with turns.turn("a", seconds=5):
                pass
    async with turns.turn("a", seconds=5):
        pass


async def test_the_queue_is_short():
    turns = Turns()

    async def wait(name):
        async with turns.turn(name, seconds=5):
            pass

    async with turns.turn("first", seconds=5):
        waiting = [asyncio.create_task(wait(str(n))) for n in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(UserError, match="prompt_busy"):
            await wait("one too many")
    await asyncio.gather(*waiting)


async def test_who_waits_in_vain_is_told():
    turns = Turns()
    async with turns.turn("a", seconds=5):
        with pytest.raises(UserError, match="prompt_busy"):
            async with turns.turn("b", seconds=0.01):
                pass
    async with turns.turn("b", seconds=1):
        pass


async def test_who_gives_up_waiting_leaves_no_trace():
    turns = Turns()

    async def wait():
        async with turns.turn("b", seconds=5):
            pass

    async with turns.turn("a", seconds=5):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert turns._askers == {"a"}
    async with turns.turn("b", seconds=1):
        pass
