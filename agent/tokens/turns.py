"""Whose turn it is with a token: one user at a time, and nobody waits behind a long one.

A signature takes a moment, and the next user waits for it. Many signatures under one PIN take
minutes or an hour: who comes meanwhile is told so at once, and can say it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.errors import TokenError


class Turn:
    """With one token."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._taken = False
        self._for_long = False

    @asynccontextmanager
    async def taken(self, *, for_long: bool) -> AsyncIterator[None]:
        """Raises TokenError token_in_use, also while it waits."""
        async with self._changed:
            while self._taken:
                if self._for_long:
                    raise TokenError("token_in_use")
                await self._changed.wait()
            self._taken, self._for_long = True, for_long
            self._changed.notify_all()
        try:
            yield
        finally:
            self._taken = self._for_long = False
            await asyncio.shield(self._tell())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
