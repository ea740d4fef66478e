"""The Python client: finds the agent on this machine and speaks protocol v1 with it.

    async with connect(client="Payroll 4.2") as agent:
        chosen = await agent.select(CertificatesSelectParams(filter=CertificateFilter(mst=mst)))
        signed = await agent.sign_xml(SignXmlParams(document=xml, name="…", profile="bhxh-hoso"))

A native program shows the token of the user's runtime file (SPEC 6.3). Cancelling a task that
waits for an answer cancels the request at the agent.
"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import websockets
from msgspec import UNSET, Struct
from websockets.asyncio.client import ClientConnection

from protocol.codec import decode_incoming, encode_request
from protocol.errors import ERRORS, ProtocolError
from protocol.limits import CONNECT_SECONDS, MAX_MESSAGE_BYTES
from protocol.messages import (
    METHODS,
    CancelParams,
    CertificatesListParams,
    CertificatesListResult,
    CertificatesSelectParams,
    CertificatesSelectResult,
    Empty,
    ErrorReply,
    EventsSubscribeParams,
    EventsSubscribeResult,
    HelloParams,
    HelloResult,
    JournalListParams,
    JournalListResult,
    LoginParams,
    LoginResult,
    Notification,
    Progress,
    Reply,
    RequestId,
    SignXmlParams,
    SignXmlResult,
    SiteRequestParams,
    SiteRequestResult,
    TicketIssueParams,
    TicketIssueResult,
    TokensChanged,
    TokensListResult,
)
from protocol.version import PATH, PING_PATH, PORTS, PRODUCT, PROTOCOL_VERSIONS, SUBPROTOCOL

R = TypeVar("R", bound=Struct)
ProgressCallback = Callable[[Progress], None]

_HOSTS: Final = ("127.0.0.1", "[::1]")
_MAX_PING_BYTES: Final = 4096


class AgentNotFound(Exception):  # noqa: N818 - the name says what happened
    """No agent answers on this machine: it is not installed, or not running."""


class Disconnected(Exception):  # noqa: N818 - the name says what happened
    """The connection to the agent ended before the answer came."""


async def find(ports: Iterable[int] = PORTS) -> str:
    """The WebSocket address of the first agent that answers `/ping`. Raises AgentNotFound."""
    for port in ports:
        for host in _HOSTS:
            if await asyncio.to_thread(_answers, f"http://{host}:{port}{PING_PATH}"):
                return f"ws://{host}:{port}{PATH}"
    raise AgentNotFound("no agent answers on this machine; start it with: kyso-agent run")


def native_token(runtime_file: Path) -> str:
    """The token that the agent wrote for programs of this user. Raises OSError, ValueError."""
    return str(json.loads(runtime_file.read_text("utf-8"))["native_token"])


@asynccontextmanager
async def connect(
    url: str | None = None,
    *,
    client: str,
    token: str | None = None,
    ticket: str | None = None,
    origin: str | None = None,
    language: str = "vi",
) -> AsyncIterator["Agent"]:
    """A greeted connection. Raises AgentNotFound, ProtocolError, Disconnected.

    `origin` is only for tests that play a browser; native programs send none.
    """
    address = url or await find()
    try:
        socket = await websockets.connect(
            address,
            origin=origin,  # type: ignore[arg-type] # a NewType of str
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item] # a NewType of str
            max_size=MAX_MESSAGE_BYTES * 2,
            open_timeout=CONNECT_SECONDS,
            compression=None,  # loopback: compressing costs more than it saves
            proxy=None,
        )
    except OSError as error:
        raise AgentNotFound(f"no agent at {address}") from error
    agent = Agent(socket)
    async with socket:
        # A TaskGroup here would wrap the caller's own exceptions into groups.
        reading = asyncio.create_task(agent._read())  # noqa: SLF001 - its own half
        try:
            agent.greeting = await agent._ask(  # noqa: SLF001
                "hello",
                HelloParams(
                    versions=PROTOCOL_VERSIONS,
                    client=client,
                    language="en" if language == "en" else "vi",
                    native_token=token if token is not None else UNSET,
                    ticket=ticket if ticket is not None else UNSET,
                ),
                HelloResult,
            )
            yield agent
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


class Agent:
    """The other end, after `hello`. Every method raises ProtocolError and Disconnected."""

    greeting: HelloResult

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._waiting: dict[RequestId, asyncio.Future[msgspec.Raw]] = {}
        self._progress: dict[RequestId, ProgressCallback] = {}
        self._watchers: set[asyncio.Queue[TokensChanged | None]] = set()

    async def request_site(self, params: SiteRequestParams | None = None) -> SiteRequestResult:
        return await self._ask("site.request", params or SiteRequestParams(), SiteRequestResult)

    async def tokens(self) -> TokensListResult:
        return await self._ask("tokens.list", Empty(), TokensListResult)

    async def certificates(
        self, params: CertificatesListParams | None = None
    ) -> CertificatesListResult:
        asked = params or CertificatesListParams()
        return await self._ask("certificates.list", asked, CertificatesListResult)

    async def select(
        self, params: CertificatesSelectParams, progress: ProgressCallback | None = None
    ) -> CertificatesSelectResult:
        return await self._ask("certificates.select", params, CertificatesSelectResult, progress)

    async def sign_xml(
        self, params: SignXmlParams, progress: ProgressCallback | None = None
    ) -> SignXmlResult:
        return await self._ask("sign.xml", params, SignXmlResult, progress)

    async def login(
        self, params: LoginParams, progress: ProgressCallback | None = None
    ) -> LoginResult:
        return await self._ask("login", params, LoginResult, progress)

    async def issue_ticket(self, origin: str) -> TicketIssueResult:
        return await self._ask("ticket.issue", TicketIssueParams(origin=origin), TicketIssueResult)

    async def journal(self, params: JournalListParams | None = None) -> JournalListResult:
        return await self._ask("journal.list", params or JournalListParams(), JournalListResult)

    @asynccontextmanager
    async def watch_tokens(self) -> AsyncIterator[AsyncIterator[TokensChanged]]:
        """The tokens now, then again after every change."""
        queue: asyncio.Queue[TokensChanged | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            now = await self._ask(
                "events.subscribe", EventsSubscribeParams(topics=("tokens",)), EventsSubscribeResult
            )
            queue.put_nowait(TokensChanged(tokens=now.tokens))
            yield _drain(queue)
        finally:
            self._watchers.discard(queue)

    async def _ask(
        self, method: str, params: Struct, result: type[R], progress: ProgressCallback | None = None
    ) -> R:
        assert METHODS[method].result is result
        request_id = next(self._ids)
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        if progress is not None:
            self._progress[request_id] = progress
        try:
            await self._send(encode_request(request_id, method, params))
            return msgspec.json.decode(await answer, type=result)
        except asyncio.CancelledError:
            await self._send_quietly(
                encode_request(next(self._ids), "cancel", CancelParams(request=request_id))
            )
            raise
        finally:
            self._waiting.pop(request_id, None)
            self._progress.pop(request_id, None)

    async def _send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except websockets.ConnectionClosed as error:
            raise Disconnected(str(error)) from error

    async def _send_quietly(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except websockets.ConnectionClosed:
            return

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._take(frame)
        except websockets.ConnectionClosed:
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Disconnected("the agent closed the connection"))
            for queue in self._watchers:
                queue.put_nowait(None)

    def _take(self, frame: str | bytes) -> None:
        match decode_incoming(frame):
            case Reply() as reply:
                self._settle(reply.id, reply.result)
            case ErrorReply() as refused:
                self._settle(refused.id, _raised(refused))
            case Notification(params=Progress() as step):
                if (callback := self._progress.get(step.request)) is not None:
                    callback(step)
            case Notification(params=TokensChanged() as changed):
                for queue in self._watchers:
                    queue.put_nowait(changed)

    def _settle(self, request_id: RequestId | None, outcome: Any) -> None:
        answer = self._waiting.get(request_id) if request_id is not None else None
        if answer is None or answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _raised(reply: ErrorReply) -> ProtocolError:
    data = reply.error.data
    code = data.code if data.code in ERRORS else "internal_error"
    return ProtocolError(code, **data.details)


async def _drain(queue: asyncio.Queue[TokensChanged | None]) -> AsyncIterator[TokensChanged]:
    while (changed := await queue.get()) is not None:
        yield changed


def _answers(url: str) -> bool:
    # urllib would follow the environment's proxy; loopback never goes through one.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=CONNECT_SECONDS) as reply:
            return bool(json.loads(reply.read(_MAX_PING_BYTES)).get("product") == PRODUCT)
    except (OSError, ValueError, AttributeError, urllib.error.URLError):
        return False
