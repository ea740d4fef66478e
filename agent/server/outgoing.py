"""What is made for a connection, on its way out: one content after the other, as credit allows.

    offered ──named in a message──▶ queued ──its turn──▶ pieces, as there is credit ──▶ gone
       └──the message was never sent──▶ gone            └──the client wants no more──▶ gone

A document in memory waits until there is room among those that are unsent; one in a file waits in
its file. Nothing of a file is ever in memory but the piece that is sent next.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from agent.documents import Made
from agent.server.spool import Folder, Spool
from protocol.limits import CREDIT_SECONDS, WINDOW_BYTES
from protocol.session import Action, SendBinary, Session

_log: Final = logging.getLogger(__name__)

_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(slots=True, eq=False)
class _Offer:
    number: int
    octets: bytes | None = field(repr=False)
    path: Path | None

    @property
    def held(self) -> int:
        return len(self.octets or b"")


class Outgoing:
    def __init__(
        self,
        spool: Spool,
        session: Session,
        *,
        folder: Folder,
        carry_out: Callable[[list[Action]], Coroutine[Any, Any, None]],
        tasks: asyncio.TaskGroup,
        give_up: Callable[[], None],
    ) -> None:
        self._spool = spool
        self._session = session
        self._folder = folder
        self._carry_out = carry_out
        self._tasks = tasks
        self._give_up = give_up
        self._offered: dict[int, _Offer] = {}
        self._queue: deque[_Offer] = deque()
        self._held = 0
        self._running = False
        #: Something was queued, credited, or is not wanted any more.
        self._news = asyncio.Event()
        #: What is in memory has become less.
        self._lighter = asyncio.Event()

    async def offer(self, made: Made) -> int:
        """See `Contents.offer`."""
        if isinstance(made, bytes):
            while self._held > WINDOW_BYTES:
                self._lighter.clear()
                await self._lighter.wait()
            size, path = len(made), None
            self._held += size
        else:
            size = made.size
            path = await self._spool.run(partial(_moved, made.path, self._folder))
        number = self._session.sending.begin(size)
        octets = made if isinstance(made, bytes) else None
        self._offered[number] = _Offer(number, octets, path)
        return number

    def named(self, number: int, *, told: bool) -> None:
        offer = self._offered.pop(number, None)
        if offer is None:
            return
        if not told:
            self._session.sending.give_up(number)  # nobody has heard of it
        self._queue.append(offer)
        self._news.set()
        if not self._running:
            self._running = True
            self._tasks.create_task(self._run())

    def credited(self) -> None:
        self._news.set()

    def unwanted(self, number: int) -> None:
        frame = self._session.sending.give_up(number)
        if frame is not None:
            self._tasks.create_task(self._carry_out([SendBinary(frame)]))
        self._news.set()

    async def _run(self) -> None:
        while True:
            while self._queue:
                offer = self._queue.popleft()
                try:
                    await self._send(offer)
                finally:
                    self._held -= offer.held
                    self._lighter.set()
                if offer.path is not None:
                    await self._spool.run(partial(offer.path.unlink, missing_ok=True))
            self._news.clear()
            await self._news.wait()

    async def _send(self, offer: _Offer) -> None:
        source = _Source(self._spool, offer)
        try:
            while self._is_going(offer):
                room = await self._room(offer)
                if room is None:
                    return
                payload = await source.next(room)
                if not self._is_going(offer):
                    return
                frame = self._session.sending.piece(offer.number, payload)
                await self._carry_out([SendBinary(frame)])
        except (OSError, EOFError):
            _log.exception("a document could not be read any more")
            self.unwanted(offer.number)
        finally:
            source.close()

    def _is_going(self, offer: _Offer) -> bool:
        return self._session.sending.is_going(offer.number)

    async def _room(self, offer: _Offer) -> int | None:
        """The octets of the next piece; None when it is not wanted any more, or nobody takes it."""
        try:
            async with asyncio.timeout(CREDIT_SECONDS):
                while self._is_going(offer):
                    room = self._session.sending.room(offer.number)
                    if room is not None:
                        return room
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            _log.warning("a client did not take the document that it asked for; disconnected")
            self._give_up()
        return None


class _Source:
    """The octets of an offer in order, read a few pieces ahead."""

    def __init__(self, spool: Spool, offer: _Offer) -> None:
        self._spool = spool
        self._path = offer.path
        self._file: BinaryIO | None = None
        self._ahead = memoryview(offer.octets or b"")

    async def next(self, count: int) -> memoryview:
        """Raises OSError; EOFError for a file that has become shorter."""
        if self._path is not None and len(self._ahead) < count:
            rest = bytes(self._ahead)
            self._ahead = memoryview(rest + await self._spool.run(partial(self._read, self._path)))
        payload, self._ahead = self._ahead[:count], self._ahead[count:]
        if len(payload) < count:
            raise EOFError
        return payload

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self, path: Path) -> bytes:
        if self._file is None:
            self._file = path.open("rb", buffering=0)
        return self._file.read(_CHUNK_BYTES)


def _moved(path: Path, folder: Folder) -> Path:
    """Out of the request's folder, which ends with the request."""
    place = folder.new_file()
    path.rename(place)
    return place
