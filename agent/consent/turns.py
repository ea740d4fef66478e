"""One question at a time, in the order they came.

Two windows at once would let a page hide one question behind another, and a clerk answer the wrong
one. A second question of the *same* asker is refused (`prompt_busy`): it is a double click, or a
page that nags, and the user has its first one before their eyes. Other askers wait their turn, a
few of them: two programs asking within the same minute is an ordinary morning.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from agent.errors import UserError

MOST_WAITING: Final = 3


class Turns:
    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._askers: set[str] = set()

    @asynccontextmanager
    async def turn(self, asker: str, *, seconds: float) -> AsyncIterator[None]:
        """Hold the user's attention. Raises UserError prompt_busy, also after `seconds` in vain."""
        if asker in self._askers or len(self._askers) > MOST_WAITING:
            raise UserError("prompt_busy", origin=asker)
        self._askers.add(asker)
        try:
            try:
                async with asyncio.timeout(seconds):
                    await self._lock.acquire()
            except TimeoutError:
                raise UserError("prompt_busy", origin=asker) from None
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._askers.discard(asker)
