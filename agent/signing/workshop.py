"""Where the documents of a batch are prepared and completed, beside the event loop.

    work = await shop.prepare(format_, document, certificate=der, signing_time=at)
    made = await work.complete(signature)

Few are worked on in threads. For many there are processes (`workbench`), one for each processor,
since PDF and most of XML is work that Python's threads do one after the other; they start while the
user looks at the window, and until they are there threads do the work. What is prepared in one is
completed there. One that dies takes with it what was on it, and no more.
"""

import asyncio
import os
import pickle
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Final, Protocol

import msgspec

from agent.documents import Document, Made
from agent.errors import InternalError
from agent.formats.api import Format, Prepared
from agent.keys import Mechanism
from agent.own_package import importable
from agent.signing.workbench.questions import (
    HEADER,
    Complete,
    Prepare,
    Question,
    Ready,
    Waiting,
    asked,
    read_answer,
)

#: A process takes a second to load what it needs: this many documents make up for it.
_MANY: Final = 48
_MOST_PROCESSES: Final = 4
#: What pickling raises.
_CANNOT_TRAVEL: Final = (TypeError, AttributeError, pickle.PicklingError)


class Work(Protocol):
    """A document waiting for one signature value: `agent.formats.api.Prepared`, elsewhere."""

    @property
    def mechanism(self) -> Mechanism: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def message(self) -> bytes: ...

    async def complete(self, signature: bytes) -> Made:
        """Raises InternalError self_check_failed, internal_error."""


class Workshop:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_processors(), thread_name_prefix="batch")
        self._benches: list[_Bench] = []

    async def prepare(
        self, format_: Format, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Work:
        """Raises what `Format.prepare` does, and InternalError internal_error."""
        ready = [bench for bench in self._benches if bench.ready]
        if ready:
            bench = min(ready, key=lambda one: one.busy)
            with suppress(*_CANNOT_TRAVEL):
                return await bench.prepare(format_, document, certificate, signing_time)
        prepared = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            partial(format_.prepare, document, certificate=certificate, signing_time=signing_time),
        )
        return _InThread(threads=self._threads, prepared=prepared)

    async def equip(self) -> None:
        """With processes, each as soon as it is there."""
        self._benches = [_Bench() for _ in range(min(_processors(), _MOST_PROCESSES))]
        async with asyncio.TaskGroup() as tasks:
            for bench in self._benches:
                tasks.create_task(bench.start())

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(bench.end() for bench in self._benches))


@asynccontextmanager
async def workshop(documents: int) -> AsyncIterator[Workshop]:
    """For so many."""
    shop = Workshop()
    equipping = (
        asyncio.ensure_future(shop.equip()) if documents >= _MANY and _processors() > 1 else None
    )
    try:
        yield shop
    finally:
        if equipping is not None:
            equipping.cancel()
            await asyncio.gather(equipping, return_exceptions=True)
        await asyncio.shield(shop.close())


def _processors() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _InThread:
    threads: ThreadPoolExecutor
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
        return await asyncio.get_running_loop().run_in_executor(
            self.threads, self.prepared.complete, signature
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnBench:
    bench: "_Bench"
    number: int
    waiting: Waiting

    @property
    def mechanism(self) -> Mechanism:
        return self.waiting.mechanism

    @property
    def digest(self) -> bytes:
        return self.waiting.digest

    @property
    def message(self) -> bytes:
        return self.waiting.message

    async def complete(self, signature: bytes) -> Made:
        answer = await self.bench.ask(Complete(number=self.number, signature=signature))
        if isinstance(answer, Ready | Waiting):
            raise InternalError("internal_error")
        return answer


@dataclass(slots=True, kw_only=True)
class _Bench:
    """One process. It is asked one thing at a time."""

    busy: int = 0
    ready: bool = False
    _process: Process | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _numbers: "count[int]" = field(default_factory=count)

    async def start(self) -> None:
        """Returns when it is ready. If it never is there are threads."""
        with suppress(OSError, InternalError):
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "agent.signing.workbench"),
                stdin=PIPE,
                stdout=PIPE,
                # What libraries print may quote documents.
                stderr=DEVNULL,
                env=importable(os.environ),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self.ready = isinstance(read_answer(await self._exchange(b"")), Ready)

    async def prepare(
        self, format_: Format, document: Document, certificate: bytes, signing_time: datetime
    ) -> Work:
        number = next(self._numbers)
        answer = await self.ask(
            Prepare(
                number=number,
                format=format_,
                document=document,
                certificate=certificate,
                signing_time=signing_time,
            )
        )
        if not isinstance(answer, Waiting):
            raise InternalError("internal_error")
        return _OnBench(bench=self, number=number, waiting=answer)

    async def ask(self, question: Question) -> Ready | Waiting | Made:
        """Raises AgentError; InternalError internal_error if the process is lost."""
        self.busy += 1
        try:
            async with self._lock:
                body = await self._exchange(asked(question))
        finally:
            self.busy -= 1
        try:
            return read_answer(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            await self.end()
            raise InternalError("internal_error") from error

    async def end(self) -> None:
        process, self._process, self.ready = self._process, None, False
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _exchange(self, question: bytes) -> bytes:
        process, whole = self._process, False
        if process is None:
            raise InternalError("internal_error")
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question)
            await process.stdin.drain()
            (length,) = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
            body = await process.stdout.readexactly(length)
            whole = True
        except (OSError, asyncio.IncompleteReadError) as error:
            raise InternalError("internal_error") from error
        finally:
            if not whole:  # also when nobody waits any more: its answer must not be the next one's
                await asyncio.shield(self.end())
        return body
