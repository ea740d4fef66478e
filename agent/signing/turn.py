"""One dialog at a time: over a first window a second one catches its clicks (T24)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from agent.errors import UserError

#: Seconds that a request waits for a window that is just closing: a page that was reloaded asks
#: again before its former window is gone.
_CLOSING_SECONDS: Final = 2.0


class Turn:
    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold the screen for one question. Raises UserError prompt_busy."""
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._lock.acquire()
        except TimeoutError:
            raise UserError("prompt_busy") from None
        try:
            yield
        finally:
            self._lock.release()
