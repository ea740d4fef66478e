"""Changes are told once each, as the state of the moment, and a slow reader delays nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.keys import TokenInfo
from agent.server.events import Topic
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


@asynccontextmanager
async def following(
    tokens: MemoryTokens, *sends: asyncio.Queue[tuple[TokenInfo, ...]]
) -> AsyncIterator[None]:
    events = Topic(tokens.tokens, tokens.changes, gathering_seconds=0.02)
    tasks = [asyncio.create_task(events.watch())]
    tasks += [asyncio.create_task(events.follow(tokens.tokens(), send.put)) for send in sends]
    await eventually(lambda: tokens.listeners, "the watch to begin")
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_many_changes_at_once_are_one_message() -> None:
    tokens, told = MemoryTokens(), asyncio.Queue()
    cards = [Card(number=n) for n in (1, 2, 3)]

    async with following(tokens, told):
        for card in cards:
            tokens.plug(card)
        assert len(await told.get()) == 3
        tokens.unplug(cards[0])
        assert len(await told.get()) == 2

    assert told.empty()


async def test_a_change_that_was_undone_meanwhile_is_not_told() -> None:
    tokens, told = MemoryTokens(), asyncio.Queue()
    card, other = Card(), Card(number=2)

    async with following(tokens, told):
        tokens.plug(card)
        tokens.unplug(card)
        tokens.plug(other)

        assert [t.label for t in await told.get()] == ["Token 2"]
    assert told.empty()


async def test_a_slow_reader_gets_the_latest_and_delays_nobody() -> None:
    tokens, quick = MemoryTokens(), asyncio.Queue()
    slow = asyncio.Queue(maxsize=1)
    cards = [Card(number=n) for n in (1, 2, 3)]

    async with following(tokens, quick, slow):
        for count, card in enumerate(cards, start=1):
            tokens.plug(card)
            assert len(await quick.get()) == count
        # The first was put; the second waits in `put` while the third happened.
        assert [len(await slow.get()) for _ in range(3)] == [1, 2, 3]
    assert slow.empty()
