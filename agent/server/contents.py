"""The documents of one connection: those that it sends, those that are made for it (SPEC 10).

    async with client.contents.document(params.source, hold=…) as document:
        signed = await sign(…, document, …)           # bytes, Digested or Filed
        number = await client.contents.offer(made)     # frames follow once a message has named it

A request may name a content as soon as its last piece was sent. Everything is gone with the
connection: what comes (`arriving`), what goes (`outgoing`), and the ids of picked files.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct, UnsetType

from agent.documents import Document, Made
from agent.server.arriving import SMALL_BYTES, Arriving
from agent.server.outgoing import Outgoing
from agent.server.picked import Picked
from agent.server.spool import Folder, Pace, Spool
from protocol.content import Credit, GivenUp, Piece, Unwanted
from protocol.documents import ContentRefused, Source
from protocol.errors import ProtocolError
from protocol.limits import MAX_CONTENTS
from protocol.session import Action, Session, State

T = TypeVar("T")

#: So many octets of so many have been read.
Tell = Callable[[int, int], Awaitable[None]]

_TELL_SECONDS: Final = 0.25


class Known(NamedTuple):
    """What is known of a document before it is used."""

    size: int  # bytes
    sha256: str  # hex


class Contents:
    def __init__(
        self,
        spool: Spool,
        session: Session,
        *,
        carry_out: Callable[[list[Action]], Coroutine[Any, Any, None]],
        tasks: asyncio.TaskGroup,
        give_up: Callable[[], None],
    ) -> None:
        """`give_up` ends a connection whose other end takes nothing."""
        self._spool = spool
        self._session = session
        self._folder = spool.folder()
        self._picked: dict[str, Picked] = {}
        self._arriving = Arriving(
            spool, session, folder=self._folder, carry_out=carry_out, tasks=tasks
        )
        self._outgoing = Outgoing(
            spool,
            session,
            folder=self._folder,
            carry_out=carry_out,
            tasks=tasks,
            give_up=give_up,
        )

    # --- for commands ----------------------------------------------------------------------------

    @asynccontextmanager
    async def document(
        self,
        source: Source,
        *,
        hold: int = SMALL_BYTES,
        whole: bool = True,
        hashes: tuple[str, ...] = ("sha256",),
        tell: Tell | None = None,
    ) -> AsyncIterator[Document]:
        """The document, unchanged for as long as the block lasts.

        Up to `hold` octets it is bytes, beyond it a file. Where not the `whole` is needed, a file
        that the user picked is not copied: only its `hashes` are found out. `tell` is told how far
        the reading of a picked file is.

        Raises ProtocolError content_unknown, content_incomplete; UserError file_unreadable,
        storage_full.
        """
        if not isinstance(source.document, UnsetType):
            yield source.document
            return
        scratch = self._folder.inner()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._discard, scratch)
            if not isinstance(source.content, UnsetType):
                kept = await stack.enter_context(self._arriving.used(source.content))
                yield await self._spool.run(partial(kept.document, scratch, hold=hold))
            else:
                picked = self._chosen(source)
                reading = partial(picked.document, scratch, hold=hold, whole=whole, hashes=hashes)
                yield await self._followed(reading, tell)

    async def known(self, source: Source) -> Known:
        """Raises as `document`."""
        if not isinstance(source.content, UnsetType):
            kept = await self._arriving.kept(source.content)
            return Known(kept.size, kept.sha256.hex())
        if not isinstance(source.document, UnsetType):
            octets = source.document
            sha256 = await self._spool.run(lambda: hashlib.sha256(octets).hexdigest())
            return Known(len(octets), sha256)
        picked = self._chosen(source)
        return Known(picked.size, picked.sha256.hex())

    async def offer(self, made: Made) -> int:
        """The number under which it will be sent, once a message has named it: the `content` of a
        result or a notification. Waits while much is unsent. A file is taken over.
        """
        return await self._outgoing.offer(made)

    async def pick(self, path: Path, tell: Tell | None = None) -> tuple[str, Picked]:
        """The id by which the page may name the file. Raises UserError file_unreadable,
        ProtocolError content_too_large, too_many_contents.
        """
        if len(self._picked) >= MAX_CONTENTS:
            raise ProtocolError("too_many_contents", limit=MAX_CONTENTS)
        picked = await self._followed(partial(Picked.look, path), tell)
        handle = secrets.token_hex(16)
        self._picked[handle] = picked
        return handle, picked

    @property
    def is_over(self) -> bool:
        """The connection has ended: nobody takes anything any more."""
        return self._session.state is State.CLOSED

    def folder(self) -> Folder:
        """For what a command keeps; gone with the connection, if not before."""
        return self._folder.inner()

    # --- for the connection ----------------------------------------------------------------------

    def take(self, what: Piece | Credit | GivenUp | Unwanted) -> None:
        """What the session has let through."""
        match what:
            case Piece():
                self._arriving.take(what)
            case GivenUp(number=number):
                self._arriving.forget(number)
            case Credit():
                self._outgoing.credited()
            case Unwanted(number=number):
                self._outgoing.unwanted(number)

    def named(self, message: Struct, *, told: bool) -> None:
        """A message was sent or, if not `told`, never will be."""
        number = getattr(message, "content", None)
        if isinstance(number, int) and not isinstance(message, ContentRefused):
            self._outgoing.named(number, told=told)

    async def close(self) -> None:
        """Nothing of the connection stays. Its tasks have ended."""
        await self._arriving.close()
        await self._discard(self._folder)

    def _chosen(self, source: Source) -> Picked:
        picked = None if isinstance(source.file, UnsetType) else self._picked.get(source.file)
        if picked is None:
            raise ProtocolError("content_unknown")
        return picked

    async def _followed(self, read: Callable[[Pace], T], tell: Tell | None) -> T:
        """What a thread reads, which stops when nobody waits for it any more."""
        pace = Pace()
        reading = self._spool.read(partial(read, pace))
        reading.add_done_callback(lambda over: over.cancelled() or over.exception())
        try:
            while not (await asyncio.wait([reading], timeout=_TELL_SECONDS))[0]:
                if tell is not None and pace.total:
                    await tell(pace.done, pace.total)
            return reading.result()
        finally:
            pace.stopped = True

    async def _discard(self, folder: Folder) -> None:
        if folder.is_made:
            await self._spool.run(folder.discard)
