"""Changes of the tokens, told to every connection that asked for them.

One task watches the tokens and marks the subscribers; each connection has a task that sends the
state of the moment when its mark is set. A slow page therefore gets fewer messages, never a queue
of old ones, and never holds up the others.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from agent.keys import TokenInfo
from agent.tokens.api import Tokens

#: Seconds after a change during which further ones are gathered: a token that is plugged in is seen
#: by several readers and modules within moments.
GATHERING_SECONDS: Final = 0.05

Send = Callable[[tuple[TokenInfo, ...]], Awaitable[None]]


class TokenEvents:
    def __init__(self, tokens: Tokens, *, gathering_seconds: float = GATHERING_SECONDS) -> None:
        self._tokens = tokens
        self._gathering_seconds = gathering_seconds
        self._marks: set[asyncio.Event] = set()

    async def watch(self) -> None:
        """Runs as long as the server does."""
        changes = self._tokens.changes()
        try:
            async for _ in changes:
                await asyncio.sleep(self._gathering_seconds)
                for mark in self._marks:
                    mark.set()
        finally:
            if isinstance(changes, AsyncGenerator):
                await changes.aclose()

    async def follow(self, told: tuple[TokenInfo, ...], send: Send) -> None:
        """Send the tokens whenever they differ from what was told last. Runs until cancelled."""
        mark = asyncio.Event()
        self._marks.add(mark)
        try:
            while True:
                now = self._tokens.tokens()
                if now != told:
                    await send(now)
                    told = now
                await mark.wait()
                mark.clear()
        finally:
            self._marks.discard(mark)
