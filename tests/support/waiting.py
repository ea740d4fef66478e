"""Waiting for conditions, never for time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(probe: Callable[[], T | None], what: str, *, seconds: float = 20.0) -> T:
    """The first truthy answer of `probe`; AssertionError naming `what` when none comes."""
    end = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.03)


async def eventually(
    probe: Callable[[], T | Awaitable[T | None] | None], what: str, *, seconds: float = 20.0
) -> T:
    """As `wait_for`, on the event loop; `probe` may be a coroutine function."""
    end = time.monotonic() + seconds
    while True:
        answer = probe()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.03)
