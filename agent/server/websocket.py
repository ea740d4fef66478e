"""One WebSocket connection: frames in, requests run beside each other, replies out.

The shell around `protocol.session`, which decides what a frame means and what may be said when.
Everything that runs for a connection lives in its task group, so that a page that
goes away takes its windows, sessions and documents with it: closing cancels, cancelling closes,
logs out and removes.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, NoReturn

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from agent.consent.origins import shown
from agent.consent.prompts import Asker
from agent.server.call import Call
from agent.server.client import Client, News
from agent.server.commands import COMMANDS
from agent.server.contents import Contents
from agent.server.edge import Edge
from agent.server.failures import to_protocol_error
from agent.server.greeting import greet
from agent.server.origins import Caller
from protocol.codec import encode
from protocol.errors import ProtocolError
from protocol.limits import (
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ORIGIN,
    MAX_MESSAGE_BYTES,
)
from protocol.messages import ErrorReply, HelloParams, Progress, RequestId, Stage
from protocol.session import Abort, Action, Close, Run, Send, SendBinary, Session, Take
from protocol.version import SUBPROTOCOL

_log: Final = logging.getLogger(__name__)

#: Seconds between pings that find a connection whose other end has gone without a word.
_HEARTBEAT_SECONDS: Final = 30.0
#: Seconds that the other end has to answer our closing.
_CLOSE_SECONDS: Final = 2.0
#: Seconds that a client which reads nothing may hold up what is sent to it.
_SEND_SECONDS: Final = 20.0
#: Well below what a transport buffers before it holds up who writes.
_SMALL_BYTES: Final = 8 * 1024

_TOO_MANY: Final = encode(
    ErrorReply(id=None, error=ProtocolError("too_many_connections").to_wire())
)


class Connections:
    """All connections of this agent, counted per origin; closed when the agent stops."""

    def __init__(self) -> None:
        self._open: set[web.WebSocketResponse] = set()
        #: Served ones. Who was turned away takes nobody's room while its closing takes its time.
        self._served = 0
        self._per_origin: Counter[str | None] = Counter()

    def full(self, caller: Caller, *, known: bool) -> bool:
        """Strangers share half of the room: a page with many origins cannot keep the others out.

        Known are sites that the user allowed, and what no page from elsewhere can pretend to be:
        the user's own programs, which send no Origin, and pages of this machine.
        """
        room = MAX_CONNECTIONS if known else MAX_CONNECTIONS // 2
        return self._served >= room or self._per_origin[caller.origin] >= MAX_CONNECTIONS_PER_ORIGIN

    @contextmanager
    def kept(self, socket: web.WebSocketResponse) -> Iterator[None]:
        """Closed when the agent stops."""
        self._open.add(socket)
        try:
            yield
        finally:
            self._open.discard(socket)

    @contextmanager
    def counted(self, caller: Caller) -> Iterator[None]:
        self._served += 1
        self._per_origin[caller.origin] += 1
        try:
            yield
        finally:
            self._served -= 1
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
        timeout=_CLOSE_SECONDS,
    )
    with connections.kept(socket):
        if connections.full(caller, known=_known(edge, caller)):
            # Only in a conversation can a page be told why.
            await socket.prepare(request)
            await socket.send_str(_TOO_MANY)
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        with connections.counted(caller):
            await socket.prepare(request)
            await _Conversation(socket, request.transport, edge, caller).run()
    return socket


def _known(edge: Edge, caller: Caller) -> bool:
    if caller.origin is None:
        return True
    return shown(Asker(origin=caller.origin, client="")).local or edge.sites.allows(caller.origin)


class _Over(Exception):  # noqa: N818 - the normal end
    """Ends the task group, which cancels what still runs in it."""


class _Conversation:
    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        edge: Edge,
        caller: Caller,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._edge = edge
        self._caller = caller
        self._session = Session(now=time.monotonic(), native=caller.origin is None)
        self._client: Client | None = None
        self._contents: Contents | None = None
        self._running: dict[RequestId, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._contents = Contents(
                    self._edge.spool,
                    self._session,
                    carry_out=partial(self._carry_out, tasks=tasks),
                    tasks=tasks,
                    give_up=self._cut_off,
                )
                try:
                    await self._listen(tasks)
                finally:
                    self._session.closed()
                _end()
        except* _Over:
            pass
        finally:
            if self._contents is not None:
                await self._contents.close()
        await self._socket.close()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        while not self._socket.closed:
            frame = await self._frame()
            now = time.monotonic()
            if frame is None:
                actions = self._session.tick(now)
            else:
                self._judge_rights()
                actions = (
                    self._session.receive(frame, now)
                    if isinstance(frame, str)
                    else self._session.receive_binary(frame)
                )
            if actions and isinstance(actions[0], Abort):
                # The answer waits until the aborted request's window is gone; others need not.
                tasks.create_task(self._carry_out(actions, tasks))
            else:
                await self._carry_out(actions, tasks)

    async def _frame(self) -> str | bytes | None:
        """The next message; None when the time for `hello` is over, or the connection is."""
        deadline = self._session.deadline
        if deadline is None:
            message = await self._socket.receive()
        else:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    message = await self._socket.receive()
            except TimeoutError:
                return None
        if message.type is WSMsgType.TEXT:
            return str(message.data)
        if message.type is WSMsgType.BINARY:
            return bytes(message.data)
        return None

    async def _carry_out(self, actions: list[Action], tasks: asyncio.TaskGroup) -> None:
        for action in actions:
            match action:
                case Run():
                    self._running[action.id] = tasks.create_task(self._serve(action, tasks))
                case Abort(id=request_id):
                    await self._abort(request_id)
                case Send(text=text):
                    await self._send(text)
                case SendBinary(frame=frame):
                    await self._send(frame)
                case Take(what=what):
                    assert self._contents is not None
                    self._contents.take(what)
                case Close(code=code, reason=reason):
                    await self._socket.close(code=code, message=reason.encode())

    async def _serve(self, run: Run, tasks: asyncio.TaskGroup) -> None:
        """One request, from its start to its reply; only a lost connection leaves it unanswered."""
        result = None
        try:
            result = await self._result(run, tasks)
            actions = self._session.reply(run.id, result)
        except asyncio.CancelledError:
            # By the client alone. When the connection ends nobody listens any more: `fail` of a
            # closed session is empty.
            actions = self._session.fail(run.id, ProtocolError("cancelled"))
            if not actions:
                raise
        except Exception as error:  # noqa: BLE001 - `failures` decides about all of them
            problem = to_protocol_error(error, method=run.method)
            _log.info("%s for %s: %s", run.method, self._caller.origin or "native", problem.code)
            actions = self._session.fail(run.id, problem)
        finally:
            self._running.pop(run.id, None)
        await self._carry_out(actions, tasks)
        if result is not None:
            self._named(result, told=bool(actions))
        for listener in self._edge.on_answered:
            listener()

    async def _result(self, run: Run, tasks: asyncio.TaskGroup) -> Struct:
        if isinstance(run.params, HelloParams):
            assert self._contents is not None
            self._client, greeting = greet(
                self._edge,
                self._caller,
                run.params,
                notify=self._notify,
                contents=self._contents,
                allow=self._session.allow,
                tasks=tasks,
            )
            return greeting

        async def progress(stage: Stage, done: int = 0, total: int = 1) -> None:
            await self._notify(Progress(request=run.id, stage=stage, done=done, total=total))

        assert self._client is not None, "the session lets nothing but hello through before hello"
        call = Call(id=run.id, params=run.params, client=self._client, progress=progress)
        return await COMMANDS[run.method](self._edge, call)

    async def _abort(self, request_id: RequestId) -> None:
        """The request's task says `cancelled` itself, when its window is closed."""
        task = self._running.get(request_id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            # One that had not begun yet could not say so itself.
            for action in self._session.fail(request_id, ProtocolError("cancelled")):
                if isinstance(action, Send):
                    await self._send(action.text)

    def _judge_rights(self) -> None:
        """A site that the user has just forgotten has lost its rights."""
        if self._client is not None:
            self._session.grant(self._client.rights(self._edge.sites))

    async def _notify(self, params: News) -> None:
        self._judge_rights()
        actions = self._session.notify(params.method, params)
        for action in actions:
            if isinstance(action, Send):
                await self._send(action.text)
        self._named(params, told=bool(actions))

    def _named(self, message: Struct, *, told: bool) -> None:
        """A document that it names follows it."""
        if self._contents is not None:
            self._contents.named(message, told=told)

    async def _send(self, message: str | bytes) -> None:
        """Waits for a slow reader, but not for ever."""
        try:
            if self._goes_at_once(message):
                await self._write(message)
                return
            async with asyncio.timeout(_SEND_SECONDS):
                await self._write(message)
        except TimeoutError:
            _log.warning("a client did not read what it was sent; disconnected")
            self._cut_off()
        except (ConnectionError, RuntimeError):
            pass  # closed meanwhile; the listener will see it

    def _goes_at_once(self, message: str | bytes) -> bool:
        """It is small and nothing is unsent: there is no waiting, and no clock is needed."""
        if len(message) > _SMALL_BYTES or self._transport is None:
            return False
        return self._transport.get_write_buffer_size() == 0

    async def _write(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    def _cut_off(self) -> None:
        # Not closed: that would keep all that is unsent until the client deigns to read it.
        if self._transport is not None:
            self._transport.abort()


def _end() -> NoReturn:
    raise _Over
