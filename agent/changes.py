"""What changes, and everybody who wants to hear of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self
from weakref import WeakSet


class Changes:
    """Who listens too slowly hears of several changes as one, and holds nobody up."""

    def __init__(self) -> None:
        self._followers: WeakSet[_Follower] = WeakSet()

    def tell(self) -> None:
        for follower in self._followers:
            follower.changed.set()

    def follow(self) -> AsyncIterator[None]:
        """Yields after every `tell` from this call on, without an end; each caller gets its own."""
        follower = _Follower()
        self._followers.add(follower)
        return follower


class _Follower:
    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> None:
        await self.changed.wait()
        self.changed.clear()
