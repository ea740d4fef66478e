"""Batches and sessions of digests, as the Python client has them.

    async with agent.batch(reason="Hóa đơn tháng 11") as batch:
        for path in paths:
            await batch.add(path, name=path.name, profile="pades")
        async for outcome in batch.sign():
            if outcome.news.outcome == "signed":
                signed[outcome.news.index] = await outcome.octets()
        batch.result.left                  # call `sign` again for these

    async with agent.digests(DigestsOpenParams(count=100, seconds=600, hash="sha256")) as session:
        signatures = await session.sign(digests)

Outcomes come in any order. What was made comes as it is taken: whoever takes nothing holds the
signing up, and what is not taken before the next outcome is not wanted.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from protocol.batches import (
    BatchAddParams,
    BatchAddResult,
    BatchCloseParams,
    BatchCloseResult,
    BatchDocument,
    BatchDocumentDone,
    BatchOpenParams,
    BatchOpenResult,
    BatchSignParams,
    BatchSignResult,
)
from protocol.client_connection import Connection, Disconnected, ProgressCallback
from protocol.client_documents import Signable, uploaded
from protocol.documents import (
    DigestsCloseParams,
    DigestsCloseResult,
    DigestsOpenParams,
    DigestsOpenResult,
    DigestsSignParams,
    DigestsSignResult,
    SignOptions,
)
from protocol.errors import ProtocolError
from protocol.limits import MAX_DOCUMENTS_AT_ONCE

#: Larger documents travel in binary frames, so that a message has room for many.
_INLINE_BYTES: Final = 64 * 1024
_BY_DEFAULT: Final = SignOptions()


@asynccontextmanager
async def opened_batch(connection: Connection, params: BatchOpenParams) -> AsyncIterator["Batch"]:
    opened = await connection.ask("batch.open", params, BatchOpenResult)
    batch = Batch(connection, opened.batch)
    try:
        yield batch
    finally:
        with suppress(Disconnected, ProtocolError):
            await batch.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`pieces` is what was made, to be read once; empty unless it was signed."""

    news: BatchDocumentDone
    pieces: AsyncGenerator[bytes, None]

    async def octets(self) -> bytes:
        return b"".join([piece async for piece in self.pieces])


@dataclass(slots=True)
class Batch:
    _connection: Connection
    _handle: str
    #: Of the last `sign`.
    result: BatchSignResult | None = None
    _count: int = 0
    _waiting: list[BatchDocument] = field(default_factory=list)
    #: What the agent keeps for a document until its outcome is known.
    _contents: dict[int, int] = field(default_factory=dict)

    async def add(
        self, document: Signable, *, name: str, profile: str, options: SignOptions = _BY_DEFAULT
    ) -> int:
        """Its index. Raises OSError and ValueError too, of `document`."""
        source = await uploaded(
            self._connection, document, profile=profile, options=options, inline=_INLINE_BYTES
        )
        index, self._count = self._count, self._count + 1
        if isinstance(source.content, int):
            self._contents[index] = source.content
        self._waiting.append(
            BatchDocument(source=source, name=name, profile=profile, options=options)
        )
        if len(self._waiting) == MAX_DOCUMENTS_AT_ONCE:
            await self._flush()
        return index

    async def sign(self, progress: ProgressCallback | None = None) -> AsyncGenerator[Outcome, None]:
        """The outcomes of what is left; then `result` is there. Closing it stops the signing."""
        await self._flush()
        asked = BatchSignParams(batch=self._handle)
        async with self._connection.hearing(BatchDocumentDone) as news:
            signing = asyncio.ensure_future(
                self._connection.ask("batch.sign", asked, BatchSignResult, progress)
            )
            try:
                while (done := await _next(news, signing)) is not None:
                    if done.batch != self._handle:
                        continue
                    async with aclosing(self._made(done)) as pieces:
                        yield Outcome(done, pieces)
                    await self._settled(done)
                self.result = await signing
            finally:
                signing.cancel()
                await asyncio.gather(signing, return_exceptions=True)

    async def close(self) -> bool:
        closed = await self._connection.ask(
            "batch.close", BatchCloseParams(batch=self._handle), BatchCloseResult
        )
        for content in self._contents.values():
            await self._connection.contents.forget(content)
        return closed.closed

    async def _flush(self) -> None:
        documents, self._waiting = tuple(self._waiting), []
        if documents:
            params = BatchAddParams(batch=self._handle, documents=documents)
            await self._connection.ask("batch.add", params, BatchAddResult)

    async def _made(self, done: BatchDocumentDone) -> AsyncGenerator[bytes, None]:
        if done.content is None:
            return
        async with aclosing(self._connection.contents.download(done.content, done.size)) as pieces:
            async for piece in pieces:
                yield piece

    async def _settled(self, done: BatchDocumentDone) -> None:
        if done.content is not None:  # nobody may have begun to take it
            await self._connection.contents.refuse(done.content)
        content = self._contents.pop(done.index, None)
        if content is not None:
            await self._connection.contents.forget(content)


async def _next(
    news: "asyncio.Queue[BatchDocumentDone | None]", signing: "asyncio.Future[BatchSignResult]"
) -> BatchDocumentDone | None:
    """None when it is over and all has been told: the answer comes after the outcomes."""
    if signing.done():
        return None if news.empty() else news.get_nowait()
    coming = asyncio.ensure_future(news.get())
    try:
        either: set[asyncio.Future[object]] = {coming, signing}  # type: ignore[arg-type]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if coming.done():
            return coming.result()
    finally:
        coming.cancel()
    return None if news.empty() else news.get_nowait()


@asynccontextmanager
async def opened_digests(
    connection: Connection, params: DigestsOpenParams, progress: ProgressCallback | None
) -> AsyncIterator["Digests"]:
    opened = await connection.ask("digests.open", params, DigestsOpenResult, progress)
    session = Digests(connection, opened)
    try:
        yield session
    finally:
        with suppress(Disconnected, ProtocolError):
            await session.close()


@dataclass(frozen=True, slots=True)
class Digests:
    _connection: Connection
    opened: DigestsOpenResult

    async def sign(self, digests: Sequence[bytes]) -> tuple[bytes, ...]:
        """In order; no more than MAX_DIGESTS_AT_ONCE. Several calls may run beside each other."""
        params = DigestsSignParams(session=self.opened.session, digests=tuple(digests))
        return (await self._connection.ask("digests.sign", params, DigestsSignResult)).signatures

    async def close(self) -> bool:
        params = DigestsCloseParams(session=self.opened.session)
        return (await self._connection.ask("digests.close", params, DigestsCloseResult)).closed
