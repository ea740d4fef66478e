"""What a connection sends: hashed and kept by a worker, which grants credit for what it dealt with.

    pieces ──▶ queue, of a window at most ──▶ a thread: hash, keep ──▶ credit
                                                          └──no room──▶ `content.refused`

A content stays until it is forgotten, and for as long as a request uses it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from agent.errors import AgentError
from agent.formats.content import HEAD_BYTES
from agent.platforms.directories import DirectoryUnsafe
from agent.server.failures import to_protocol_error
from agent.server.receipt import Kept, Receipt
from agent.server.spool import Folder, Spool, said
from protocol.content import Piece
from protocol.errors import ProtocolError
from protocol.session import Action, Session

#: What is kept in memory, while there is some.
SMALL_BYTES: Final = HEAD_BYTES


@dataclass(slots=True, eq=False)
class _Entry:
    number: int
    receipt: Receipt
    reserved: int  # octets of the spool's memory
    kept: asyncio.Future[Kept]
    users: int = 0
    over: bool = False  # forgotten, given up or refused


@dataclass(slots=True)
class _Absorbed:
    """What a thread has made of some pieces."""

    finished: list[tuple[_Entry, Kept]] = field(default_factory=list)
    failed: list[tuple[_Entry, Exception]] = field(default_factory=list)


class Arriving:
    def __init__(
        self,
        spool: Spool,
        session: Session,
        *,
        folder: Folder,
        carry_out: Callable[[list[Action]], Awaitable[None]],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._spool = spool
        self._session = session
        self._folder = folder
        self._carry_out = carry_out
        self._tasks = tasks
        self._entries: dict[int, _Entry] = {}
        self._queue: deque[tuple[_Entry, Piece | None]] = deque()
        self._due = asyncio.Event()
        self._working = False
        self._job: asyncio.Future[_Absorbed] | None = None
        self._reserved = 0

    async def kept(self, number: int) -> Kept:
        """Raises ProtocolError content_unknown, content_incomplete."""
        return await asyncio.shield(self._entry(number).kept)

    @contextmanager
    def used(self, number: int) -> Iterator[asyncio.Future[Kept]]:
        """It stays while the block lasts. Raises as `kept`, and so does what is waited for."""
        entry = self._entry(number)
        entry.users += 1
        try:
            yield asyncio.shield(entry.kept)
        finally:
            entry.users -= 1
            if entry.over and entry.users == 0:
                self._enqueue(entry, None)

    def take(self, piece: Piece) -> None:
        if piece.size is not None:
            self._begin(piece.number, piece.size, digest_only=piece.digest_only)
        self._enqueue(self._entries[piece.number], piece)

    def forget(self, number: int) -> None:
        entry = self._entries.pop(number, None)
        if entry is None:
            return
        entry.over = True
        if not entry.kept.done():
            entry.kept.set_exception(ProtocolError("content_unknown"))
            entry.kept.exception()  # nobody need be waiting for it
        if entry.users == 0:
            self._enqueue(entry, None)

    async def close(self) -> None:
        """Nothing is at work any more. The connection's tasks have ended."""
        if self._job is not None:
            await asyncio.wait([self._job])
        entries = {*self._entries.values(), *(entry for entry, _ in self._queue)}
        if entries:
            await self._spool.run(partial(_closed, entries))
        self._spool.release(self._reserved)
        self._reserved = 0

    def _entry(self, number: int) -> _Entry:
        entry = self._entries.get(number)
        if entry is None:
            raise ProtocolError("content_unknown")
        if self._session.receiving.is_coming(number):
            raise ProtocolError("content_incomplete")
        return entry

    def _begin(self, number: int, size: int, *, digest_only: bool) -> None:
        stays = min(size, SMALL_BYTES) if digest_only else size
        in_memory = stays <= SMALL_BYTES and self._spool.reserve(stays)
        reserved = stays if in_memory else 0
        self._reserved += reserved
        place = None if in_memory else partial(self._folder.new_file, size=stays)
        self._entries[number] = _Entry(
            number=number,
            receipt=Receipt(digest_only=digest_only, place=place),
            reserved=reserved,
            kept=asyncio.get_running_loop().create_future(),
        )

    def _enqueue(self, entry: _Entry, piece: Piece | None) -> None:
        """Without a piece: what there is of it is removed, after all that came before."""
        self._queue.append((entry, piece))
        self._due.set()
        if not self._working:
            self._working = True
            self._tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            while self._queue:
                batch = list(self._queue)
                self._queue.clear()
                self._job = self._spool.run(partial(_absorbed, batch))
                await self._settle(batch, await asyncio.shield(self._job))

    async def _settle(self, batch: list[tuple[_Entry, Piece | None]], done: _Absorbed) -> None:
        for entry, kept in done.finished:
            if not entry.kept.done():
                entry.kept.set_result(kept)
        for entry, error in done.failed:
            if not entry.over:
                self.forget(entry.number)
                problem = to_protocol_error(error, method="content")
                await self._carry_out(self._session.refuse(entry.number, problem))
        payload = 0
        for entry, piece in batch:
            if piece is not None:
                payload += len(piece.payload)
            else:
                self._spool.release(entry.reserved)
                self._reserved -= entry.reserved
        await self._carry_out(self._session.taken(payload))


def _absorbed(batch: list[tuple[_Entry, Piece | None]]) -> _Absorbed:
    """In a thread: what came is hashed and kept, what is over is removed."""
    done = _Absorbed()
    failed = set()
    for entry, piece in batch:
        try:
            if piece is None:
                entry.receipt.discard()
            elif not entry.over and entry not in failed:
                entry.receipt.add(piece.payload)
                if piece.last:
                    done.finished.append((entry, entry.receipt.finish()))
        except (AgentError, DirectoryUnsafe, OSError) as error:
            failed.add(entry)
            done.failed.append((entry, said(error) if isinstance(error, OSError) else error))
    return done


def _closed(entries: set[_Entry]) -> None:
    for entry in entries:
        entry.receipt.close()
