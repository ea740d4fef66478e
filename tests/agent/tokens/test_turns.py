"""Whose turn it is with a token."""

import asyncio

import pytest

from agent.errors import TokenError
from agent.tokens.turns import Turn


async def test_who_comes_second_waits_for_the_first() -> None:
    turn, order = Turn(), []

    async def use(name: str) -> None:
        async with turn.taken(for_long=False):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    await asyncio.gather(*map(use, "abc"))

    assert order == ["a in", "a out", "b in", "b out", "c in", "c out"]


async def test_who_comes_to_a_long_one_is_told_so() -> None:
    turn = Turn()
    async with turn.taken(for_long=True):
        with pytest.raises(TokenError) as refused:
            async with turn.taken(for_long=False):
                pass

    assert refused.value.code == "token_in_use"
    async with turn.taken(for_long=False):
        pass


async def test_who_waits_when_a_long_one_begins_is_told_so() -> None:
    turn, release = Turn(), asyncio.Event()

    async def use(*, for_long: bool) -> None:
        async with turn.taken(for_long=for_long):
            await release.wait()

    async with turn.taken(for_long=False):
        long = asyncio.create_task(use(for_long=True))
        await asyncio.sleep(0)
        behind = asyncio.create_task(use(for_long=False))
        await asyncio.sleep(0)
    with pytest.raises(TokenError):
        await behind
    release.set()
    await long


async def test_who_gives_up_waiting_leaves_the_turn_to_others() -> None:
    turn = Turn()
    async with turn.taken(for_long=False):
        waiting = asyncio.create_task(_taken(turn))
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5), turn.taken(for_long=False):
        pass


async def _taken(turn: Turn) -> None:
    async with turn.taken(for_long=False):
        pass
