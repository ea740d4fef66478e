"""Where the documents of a batch are prepared and completed: in threads beside the event loop.

work = await shop.prepare(format_, document, certificate=der, signing_time=at)
made = await work.complete(signature)
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from agent.documents import Document, Made
from agent.formats.api import Format, Prepared
from agent.keys import Mechanism

T = TypeVar("T")


class Work(Protocol):
    """A document waiting for one signature value: `agent.formats.api.Prepared`, elsewhere."""

    @property
    def mechanism(self) -> Mechanism: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def message(self) -> bytes: ...

    async def complete(self, signature: bytes) -> Made:
        """Raises InternalError self_check_failed."""


class Workshop(Protocol):
    async def prepare(
        self, format_: Format, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Work:
        """Raises what `Format.prepare` does."""


@asynccontextmanager
async def workshop(documents: int) -> AsyncIterator[Workshop]:
    """For so many."""
    del documents
    threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="batch")
    try:
        yield _Threads(threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class _Threads:
    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def prepare(
        self, format_: Format, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Work:
        prepared = await self.run(
            partial(format_.prepare, document, certificate=certificate, signing_time=signing_time)
        )
        return _InThread(shop=self, prepared=prepared)

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _InThread:
    shop: _Threads
    prepared: Prepared

    @property
    def mechanism(self) -> Mechanism:
        return self.prepared.mechanism

    @property
    def digest(self) -> bytes:
        return self.prepared.digest

    @property
    def message(self) -> bytes:
        return self.prepared.message

    async def complete(self, signature: bytes) -> Made:
        return await self.shop.run(partial(self.prepared.complete, signature))
