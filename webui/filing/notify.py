"""Waking those who wait: open pages, when something of their unit changed, and the courier.

Nothing is carried here but the wake-up. What changed is read from the history table, so a page
that was asleep, or is connected to another backend, misses nothing.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """In one event loop; never blocks the one who rings."""

    def __init__(self) -> None:
        self._listeners: dict[int, set[asyncio.Event]] = {}
        self._work = asyncio.Event()

    def ring(self, unit_id: int) -> None:
        for listener in self._listeners.get(unit_id, ()):
            listener.set()

    def call_courier(self) -> None:
        self._work.set()

    @contextmanager
    def listening(self, unit_id: int) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        group = self._listeners.setdefault(unit_id, set())
        group.add(event)
        try:
            yield event
        finally:
            group.discard(event)
            if not group:
                self._listeners.pop(unit_id, None)

    async def wait_for_work(self, seconds: float) -> None:
        """Until the courier is called, or the time has passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()
