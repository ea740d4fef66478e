"""One WebSocket connection: frames in, requests run beside each other, replies out.

A thin shell. Everything that runs for a connection lives in its task group, so that a page that
goes away takes its windows and sessions with it: closing cancels, cancelling closes and logs out.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from agent.server.client import Client
from agent.server.commands import COMMANDS, Call
from agent.server.edge import Edge
from agent.server.failures import to_protocol_error
from agent.server.framing import BadFrame, Framing, failure, notification, reply
from agent.server.greeting import greet
from agent.server.origins import Caller
from protocol.errors import ProtocolError
from protocol.limits import (
    HELLO_SECONDS,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ORIGIN,
    MAX_HELLO_BYTES,
    MAX_MESSAGE_BYTES,
)
from protocol.messages import CancelResult, Progress, RequestId, Stage
from protocol.version import SUBPROTOCOL

_log: Final = logging.getLogger(__name__)

#: Seconds between pings that find a connection whose other end has gone without a word.
_HEARTBEAT_SECONDS: Final = 30.0
#: Seconds that a client which reads nothing may hold up what is sent to it.
_SEND_SECONDS: Final = 20.0


class Connections:
    """All connections of this agent, counted per origin; closed when the agent stops."""

    def __init__(self) -> None:
        self._open: set[web.WebSocketResponse] = set()
        self._per_origin: Counter[str | None] = Counter()

    def full(self, caller: Caller) -> bool:
        return (
            len(self._open) >= MAX_CONNECTIONS
            or self._per_origin[caller.origin] >= MAX_CONNECTIONS_PER_ORIGIN
        )

    @contextmanager
    def counted(self, socket: web.WebSocketResponse, caller: Caller) -> Iterator[None]:
        self._open.add(socket)
        self._per_origin[caller.origin] += 1
        try:
            yield
        finally:
            self._open.discard(socket)
            self._per_origin[caller.origin] -= 1
            self._per_origin += Counter()  # forgets origins without connections

    async def close(self) -> None:
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in set(self._open)),
            return_exceptions=True,
        )


async def converse(
    request: web.Request, edge: Edge, connections: Connections, caller: Caller
) -> web.WebSocketResponse:
    """Upgrade, and serve the connection until either end closes it."""
    socket = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,),
        max_msg_size=MAX_MESSAGE_BYTES,
        heartbeat=_HEARTBEAT_SECONDS,
        # Deflated frames would let a small message cost much memory and time.
        compress=False,
    )
    full = connections.full(caller)
    with connections.counted(socket, caller):
        await socket.prepare(request)
        if full:
            # Only in a conversation can a page be told why.
            await socket.send_str(failure(None, ProtocolError("too_many_connections")))
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        else:
            await _Conversation(socket, edge, caller).run()
    return socket


class _Over(Exception):  # noqa: N818 - the normal end
    """Ends the task group, which cancels what still runs in it."""


class _Conversation:
    def __init__(self, socket: web.WebSocketResponse, edge: Edge, caller: Caller) -> None:
        self._socket = socket
        self._edge = edge
        self._caller = caller
        self._framing = Framing()
        self._running: dict[RequestId, asyncio.Task[None]] = {}
        self._cancelled_by_client: set[RequestId] = set()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._listen(tasks)
                raise _Over
        except* _Over:
            pass
        await self._socket.close()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                client = await self._greeted(tasks)
        except TimeoutError:
            await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"no hello")
            return
        while client is not None and (frame := await self._frame()) is not None:
            try:
                request, params = self._framing.request(frame)
                if request.method == "hello":
                    raise BadFrame(request.id, ProtocolError("invalid_request"))
            except BadFrame as bad:
                await self._send(failure(bad.id, bad.error))
                continue
            if request.method == "cancel":
                tasks.create_task(self._cancel(request.id, params.request))
            else:
                self._start(tasks, client, request.id, request.method, params)

    async def _greeted(self, tasks: asyncio.TaskGroup) -> Client | None:
        """The client, once it has said a good `hello`; None when the connection is over."""
        while (frame := await self._frame(limit=MAX_HELLO_BYTES)) is not None:
            try:
                request, params = self._framing.request(frame)
            except BadFrame as bad:
                await self._send(failure(bad.id, bad.error))
                continue
            if request.method != "hello":
                await self._send(failure(request.id, ProtocolError("hello_required")))
                continue
            try:
                client, result = greet(
                    self._edge, self._caller, params, notify=self._notify, tasks=tasks
                )
            except ProtocolError as error:
                await self._send(failure(request.id, error))
                await self._socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return None
            await self._send(reply(request.id, result))
            return client
        return None

    async def _frame(self, *, limit: int = MAX_MESSAGE_BYTES) -> str | None:
        """The next text frame; None when the connection is over, or has been ended for cause."""
        message = await self._socket.receive()
        match message.type:
            case WSMsgType.TEXT if len(message.data) <= limit:
                return str(message.data)
            case WSMsgType.TEXT:
                await self._send(failure(None, ProtocolError("message_too_large")))
                await self._socket.close(code=WSCloseCode.MESSAGE_TOO_BIG)
            case WSMsgType.BINARY:
                await self._socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
            case _:
                pass
        return None

    def _start(
        self,
        tasks: asyncio.TaskGroup,
        client: Client,
        identifier: RequestId,
        method: str,
        params: Any,
    ) -> None:
        self._framing.pending.add(identifier)
        task = tasks.create_task(self._serve(client, identifier, method, params))
        self._running[identifier] = task

    async def _serve(self, client: Client, identifier: RequestId, method: str, params: Any) -> None:
        """One request from its start to its reply. Only the connection's end leaves it unanswered."""

        async def progress(stage: Stage) -> None:
            await self._notify(Progress(request=identifier, stage=stage))

        try:
            client.require(method, self._edge.sites)
            call = Call(params=params, client=client, progress=progress)
            answer = reply(identifier, await COMMANDS[method](self._edge, call))
        except asyncio.CancelledError:
            if identifier not in self._cancelled_by_client:
                raise
            answer = failure(identifier, ProtocolError("cancelled"))
        except Exception as error:  # noqa: BLE001 - `failures` decides about all of them
            problem = to_protocol_error(error, method=method)
            _log.info("%s for %s: %s", method, client.asker.origin, problem.code)
            answer = failure(identifier, problem)
        finally:
            self._framing.pending.discard(identifier)
            self._running.pop(identifier, None)
            self._cancelled_by_client.discard(identifier)
        await self._send(answer)

    async def _cancel(self, identifier: RequestId, target: RequestId) -> None:
        """Answered when the target has ended, so that its window is gone by then."""
        task = self._running.get(target)
        if task is not None:
            self._cancelled_by_client.add(target)
            task.cancel()
            await asyncio.wait({task})
        await self._send(reply(identifier, CancelResult(cancelled=task is not None)))

    async def _notify(self, params: Struct) -> None:
        await self._send(notification(params))

    async def _send(self, text: str) -> None:
        """Waits for a slow reader, but not for ever."""
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                with suppress(ConnectionError, RuntimeError):  # closed meanwhile
                    await self._socket.send_str(text)
        except TimeoutError:
            await self._socket.close(code=WSCloseCode.POLICY_VIOLATION)
