"""What changes, told to every connection that asked for it: the tokens, the accounts at services.

For each topic one task watches and marks the subscribers; each connection has a task that sends the
state of the moment when its mark is set. A slow page therefore gets fewer messages, never a queue
of old ones, and never holds up the others.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Final, Generic, TypeVar

from agent.hsm.api import Account, Services
from agent.keys import TokenInfo
from agent.tokens.api import Tokens

#: Seconds after a change during which further ones are gathered: a token that is plugged in is seen
#: by several readers and modules within moments.
GATHERING_SECONDS: Final = 0.05

T = TypeVar("T")


class Topic(Generic[T]):
    def __init__(
        self,
        state: Callable[[], T],
        changes: Callable[[], AsyncIterator[None]],
        *,
        gathering_seconds: float = GATHERING_SECONDS,
    ) -> None:
        """`state` is cheap; `changes` yields when it is different, until closed."""
        self.state = state
        self._changes = changes
        self._gathering_seconds = gathering_seconds
        self._marks: set[asyncio.Event] = set()

    async def watch(self) -> None:
        """Runs as long as the server does, or as there can be changes."""
        changes = self._changes()
        try:
            async for _ in changes:
                await asyncio.sleep(self._gathering_seconds)
                for mark in self._marks:
                    mark.set()
        finally:
            if isinstance(changes, AsyncGenerator):
                await changes.aclose()

    async def follow(self, told: T, send: Callable[[T], Awaitable[None]]) -> None:
        """Send the state whenever it differs from what was told last. Runs until cancelled."""
        mark = asyncio.Event()
        self._marks.add(mark)
        try:
            while True:
                now = self.state()
                if now != told:
                    await send(now)
                    told = now
                await mark.wait()
                mark.clear()
        finally:
            self._marks.discard(mark)


class Events:
    """Every topic that a connection can follow."""

    def __init__(
        self,
        tokens: Tokens,
        services: Services,
        *,
        gathering_seconds: float = GATHERING_SECONDS,
    ) -> None:
        self.tokens: Final[Topic[tuple[TokenInfo, ...]]] = Topic(
            tokens.tokens, tokens.changes, gathering_seconds=gathering_seconds
        )
        self.accounts: Final[Topic[tuple[Account, ...]]] = Topic(
            services.accounts, services.changes, gathering_seconds=gathering_seconds
        )

    async def watch(self) -> None:
        """Runs as long as the server does."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.tokens.watch())
            tasks.create_task(self.accounts.watch())
