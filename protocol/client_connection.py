"""The connection under the Python client: questions, answers, news and contents."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, TypeVar

import websockets
from msgspec import Struct
from websockets.asyncio.client import ClientConnection

from protocol.batches import BatchDocumentDone
from protocol.client_contents import Contents
from protocol.client_session import (
    Announced,
    Answered,
    ClientSession,
    Complaint,
    NotAMessage,
    Progressed,
    Unclaimed,
)
from protocol.content import BadContent
from protocol.discovery import AgentNotFound
from protocol.documents import ContentRefused
from protocol.errors import ProtocolError
from protocol.limits import CONNECT_SECONDS, MAX_MESSAGE_BYTES
from protocol.messages import EventsSubscribeParams, EventsSubscribeResult, Progress, RequestId
from protocol.version import SUBPROTOCOL

R = TypeVar("R", bound=Struct)
N = TypeVar("N", bound=Struct)
ProgressCallback = Callable[[Progress], None]


class Disconnected(Exception):  # noqa: N818 - the name says what happened
    """The connection to the agent ended before the answer came."""


@asynccontextmanager
async def opened(url: str, *, origin: str | None) -> AsyncIterator["Connection"]:
    """Raises AgentNotFound, Disconnected."""
    connection = Connection(await _opened(url, origin))
    async with connection.socket:
        # A TaskGroup here would wrap the caller's own exceptions into groups.
        reading = asyncio.create_task(connection.read())
        try:
            yield connection
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


async def _opened(url: str, origin: str | None) -> ClientConnection:
    try:
        return await websockets.connect(
            url,
            origin=origin,  # type: ignore[arg-type] # a NewType of str
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item] # a NewType of str
            max_size=MAX_MESSAGE_BYTES,
            open_timeout=CONNECT_SECONDS,
            compression=None,  # loopback: compressing costs more than it saves
            proxy=None,
        )
    except OSError as error:
        raise AgentNotFound(url) from error
    except websockets.InvalidHandshake as error:
        # Something listens there, but it is not an agent, or not for us.
        raise Disconnected(str(error)) from error


class Connection:
    """`ask` raises ProtocolError and Disconnected."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.contents = Contents(self._send)
        self._session = ClientSession()
        self._waiting: dict[RequestId, asyncio.Future[Struct]] = {}
        self._progress: dict[RequestId, ProgressCallback] = {}
        self._watchers: set[tuple[type[Struct], asyncio.Queue[Any]]] = set()
        self._complaint: ProtocolError | Disconnected | None = None
        self._over = False

    @asynccontextmanager
    async def watch(
        self, topic: Literal["tokens", "accounts"], news: type[N]
    ) -> AsyncIterator[tuple[EventsSubscribeResult, asyncio.Queue[N | None]]]:
        async with self.hearing(news) as queue:
            asked = EventsSubscribeParams(topics=(topic,))
            yield await self.ask("events.subscribe", asked, EventsSubscribeResult), queue

    @asynccontextmanager
    async def hearing(self, news: type[N]) -> AsyncIterator[asyncio.Queue[N | None]]:
        """All such news while the block lasts; None when the connection has ended."""
        queue: asyncio.Queue[N | None] = asyncio.Queue()
        watcher = (news, queue)
        self._watchers.add(watcher)
        try:
            yield queue
        finally:
            self._watchers.discard(watcher)

    async def ask(
        self, method: str, params: Struct, result: type[R], progress: ProgressCallback | None = None
    ) -> R:
        if self._over:
            raise self._ending()
        asked = self._session.ask(method, params)
        answer: asyncio.Future[Struct] = asyncio.get_running_loop().create_future()
        self._waiting[asked.id] = answer
        if progress is not None:
            self._progress[asked.id] = progress
        try:
            await self._send(asked.frame)
            outcome = await answer
        except asyncio.CancelledError:
            await self._put_away(answer)
            if (cancel := self._session.withdraw(asked.id)) is not None:
                with suppress(Disconnected):
                    await self._send(cancel)
            raise
        finally:
            self._waiting.pop(asked.id, None)
            self._progress.pop(asked.id, None)
        assert isinstance(outcome, result)
        return outcome

    async def _put_away(self, answer: asyncio.Future[Struct]) -> None:
        """An answer that came at the very moment when nobody wanted it any more."""
        if answer.done() and not answer.cancelled() and answer.exception() is None:
            content = getattr(answer.result(), "content", None)
            if isinstance(content, int):
                with suppress(Disconnected):
                    await self.contents.refuse(content)

    async def _send(self, frame: str | bytes) -> None:
        try:
            await self.socket.send(frame)
        except websockets.ConnectionClosed as error:
            raise self._ending() from error

    async def read(self) -> None:
        try:
            async for frame in self.socket:
                if isinstance(frame, bytes):
                    await self.contents.take(frame)
                else:
                    await self._take(frame)
        except websockets.ConnectionClosed:
            pass
        except (NotAMessage, BadContent) as error:
            self._complaint = Disconnected(str(error))
            await self.socket.close(code=websockets.CloseCode.PROTOCOL_ERROR)
        finally:
            self._over = True
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self._ending())
            for _, queue in self._watchers:
                queue.put_nowait(None)
            self.contents.ended(self._ending())

    async def _take(self, frame: str) -> None:
        match self._session.receive(frame):
            case Answered(id=request_id, outcome=outcome):
                await self._answered(request_id, outcome)
            case Progressed(id=request_id, step=step):
                if (callback := self._progress.get(request_id)) is not None:
                    callback(step)
            case Unclaimed(content=number):
                self.contents.named(number)
                await self.contents.refuse(number)
            case Announced(params=changed):
                await self._announced(changed)
            case Complaint(error=error):
                self._complaint = error

    async def _answered(self, request_id: RequestId, outcome: Struct | ProtocolError) -> None:
        content = getattr(outcome, "content", None)
        if isinstance(content, int):
            self.contents.named(content)  # before its first piece comes
        answer = self._waiting.get(request_id)
        if answer is None or answer.done():
            if isinstance(content, int):
                await self.contents.refuse(content)
        elif isinstance(outcome, ProtocolError):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    async def _announced(self, changed: Struct) -> None:
        if isinstance(changed, ContentRefused):
            self.contents.refused(changed)
        heard = False
        if isinstance(changed, BatchDocumentDone) and changed.content is not None:
            self.contents.named(changed.content)  # before its first piece comes
        for news, queue in self._watchers:
            if isinstance(changed, news):
                queue.put_nowait(changed)
                heard = True
        if isinstance(changed, BatchDocumentDone) and changed.content is not None and not heard:
            await self.contents.refuse(changed.content)

    def _ending(self) -> Exception:
        """Why nothing more comes: what the agent complained about, if it did."""
        return self._complaint or Disconnected("the connection to the agent has ended")
