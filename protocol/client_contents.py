"""The documents of one connection, as the Python client sends and takes them (SPEC 10).

    number = await contents.upload(stream_of(path))       as there is credit; only a piece in memory
    async for piece in contents.download(number, size):   credit is given for what was taken
        …

Every way out leaves the agent with nothing: an upload that is cancelled is given up, a download
that nobody takes to its end is not wanted any more.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from protocol.content import (
    BadContent,
    Credit,
    GivenUp,
    Piece,
    Receiving,
    Sending,
    Unwanted,
    decode,
    unwanted,
)
from protocol.documents import ContentRefused
from protocol.errors import ProtocolError

_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """A document in pieces of whatever length. Raises ValueError when it is not of that size."""

    size: int  # bytes
    octets: AsyncIterable[bytes]


@dataclass(frozen=True, slots=True)
class Moved:
    """So far is a document on its way to the agent, or what was made of it on its way back."""

    way: Literal["up", "down"]
    done: int  # bytes
    total: int


Tell = Callable[[Moved], None]
#: `None` is the end; an error is why there is no more.
_Coming = asyncio.Queue[bytes | Exception | None]


def stream_of(source: bytes | os.PathLike[str]) -> Stream:
    """Raises OSError."""
    if isinstance(source, bytes):
        return Stream(len(source), _parts(source))
    path = Path(source)
    return Stream(path.stat().st_size, _read(path))


class Contents:
    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._sending = Sending()
        self._receiving = Receiving(keeping=False)
        #: There is credit, or something is refused, or over.
        self._news = asyncio.Event()
        self._refused: dict[int, ProtocolError] = {}
        self._coming: dict[int, _Coming] = {}
        self._dropped: set[int] = set()
        self._over: Exception | None = None

    async def upload(
        self, stream: Stream, *, digest_only: bool = False, tell: Tell | None = None
    ) -> int:
        """The number under which the agent has it. Raises ProtocolError, ValueError, OSError."""
        number = self._sending.begin(stream.size, digest_only=digest_only)
        source, done = _Exactly(stream), 0
        try:
            while self._sending.is_going(number):
                payload = await source.take(await self._room(number))
                done += len(payload)
                if done == stream.size:
                    await source.end()
                await self._send(self._sending.piece(number, payload))
                if tell is not None:
                    tell(Moved("up", done, stream.size))
        finally:
            if self._sending.is_going(number):
                await self.forget(number)
        return number

    async def forget(self, number: int) -> None:
        """The agent need not keep it any more."""
        frame = self._sending.give_up(number)
        self._refused.pop(number, None)
        if frame is not None and self._over is None:
            await self._send(frame)

    async def download(
        self, number: int, size: int, *, tell: Tell | None = None
    ) -> AsyncGenerator[bytes, None]:
        """What the agent sends under a number that one of its messages has named."""
        coming, done, whole = self._coming[number], 0, False
        try:
            while (piece := await coming.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                done += len(piece)
                if tell is not None:
                    tell(Moved("down", done, size))
                yield piece
                await self._taken(len(piece))
            whole = True
        finally:
            if not whole:
                await self.refuse(number)
            self._coming.pop(number, None)

    async def refuse(self, number: int) -> None:
        """Nobody will take it."""
        coming = self._coming.pop(number, None)
        if coming is None or self._over is not None:
            return
        waiting = 0
        ended = False
        while not coming.empty():
            piece = coming.get_nowait()
            waiting += len(piece) if isinstance(piece, bytes) else 0
            ended |= not isinstance(piece, bytes)
        await self._taken(waiting)
        if not ended:
            self._dropped.add(number)
            await self._send(unwanted(number))

    # --- what comes ------------------------------------------------------------------------------

    def named(self, number: int) -> None:
        """A message has named it: pieces may follow."""
        self._coming[number] = asyncio.Queue()

    def refused(self, news: ContentRefused) -> None:
        self._refused[news.content] = ProtocolError.from_data(news.error)
        self._news.set()

    async def take(self, frame: bytes) -> None:
        """A binary message. Raises BadContent: whoever sends that is no agent."""
        match decode(frame):
            case Credit(total=total):
                self._sending.credit(total)
                self._news.set()
            case Piece() as piece:
                await self._take(piece)
            case GivenUp(number=number):
                self._receiving.forget(number)
                self._dropped.discard(number)
                if (coming := self._coming.get(number)) is not None:
                    coming.put_nowait(ProtocolError("content_incomplete"))
            case Unwanted(number=number):
                if self._sending.is_going(number):
                    self._refused[number] = ProtocolError("content_unknown")
                    self._news.set()

    def ended(self, why: Exception) -> None:
        """The connection is over."""
        self._over = why
        self._news.set()
        for coming in self._coming.values():
            coming.put_nowait(why)

    async def _take(self, piece: Piece) -> None:
        if self._receiving.take(piece) is not piece:
            raise BadContent(ProtocolError("content_too_large"))
        coming = self._coming.get(piece.number)
        if coming is not None:
            coming.put_nowait(bytes(piece.payload))
            if piece.last:
                coming.put_nowait(None)
            return
        if piece.number not in self._dropped:
            raise BadContent(ProtocolError("content_unknown"))
        if piece.last:
            self._dropped.discard(piece.number)
        await self._taken(len(piece.payload))

    async def _taken(self, count: int) -> None:
        credit = self._receiving.taken(count)
        if credit is not None and self._over is None:
            await self._send(credit)

    async def _room(self, number: int) -> int:
        while True:
            if self._over is not None:
                raise self._over
            if (refusal := self._refused.get(number)) is not None:
                raise refusal
            room = self._sending.room(number)
            if room is not None:
                return room
            self._news.clear()
            await self._news.wait()


class _Exactly:
    """The octets of a stream, so many at a time; those of a large part are not copied."""

    def __init__(self, stream: Stream) -> None:
        self._octets = aiter(stream.octets)
        self._ahead = memoryview(b"")

    async def take(self, count: int) -> memoryview:
        """Raises ValueError where there are no more."""
        if len(self._ahead) < count:
            parts, length = [self._ahead], len(self._ahead)
            while length < count:
                part = await self._read()
                if part is None:
                    raise ValueError("the document is shorter than it was said to be")
                parts.append(part)
                length += len(part)
            self._ahead = _joined([part for part in parts if len(part)])
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return taken

    async def end(self) -> None:
        """Raises ValueError where there are more."""
        ahead: memoryview | None = self._ahead
        while ahead is not None:
            if len(ahead):
                raise ValueError("the document is longer than it was said to be")
            ahead = await self._read()

    async def _read(self) -> memoryview | None:
        try:
            return memoryview(await anext(self._octets))
        except StopAsyncIteration:
            return None


def _joined(parts: list[memoryview]) -> memoryview:
    return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


async def _parts(octets: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(octets), _CHUNK_BYTES):
        yield octets[start : start + _CHUNK_BYTES]


async def _read(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb", buffering=0) as file:
        while octets := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield octets
