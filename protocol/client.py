"""The Python client: finds the agent on this machine and speaks protocol v1 with it.

    async with connect(client="Payroll 4.2", runtime=runtime_file) as agent:
        chosen = await agent.select(CertificatesSelectParams(filter=CertificateFilter(mst=mst)))
        signed = await agent.sign_xml(SignXmlParams(document=xml, name="…", profile="bhxh-hoso"))

A native program shows the token of its user's runtime file (SPEC 6.3). Cancelling a task that
waits for an answer cancels the request at the agent, and closes the window that it opened.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import websockets
from msgspec import UNSET, Struct
from websockets.asyncio.client import ClientConnection

from protocol.client_session import (
    Announced,
    Answered,
    ClientSession,
    Complaint,
    NotAMessage,
    Progressed,
)
from protocol.discovery import AgentNotFound, address, find, read_runtime
from protocol.errors import ProtocolError
from protocol.limits import CONNECT_SECONDS, MAX_MESSAGE_BYTES
from protocol.messages import (
    AccountsChanged,
    AccountsForgetParams,
    AccountsForgetResult,
    AccountsKeepParams,
    AccountsKeepResult,
    AccountsListResult,
    AccountsLookParams,
    AccountsLookResult,
    AccountsRefreshParams,
    CertificatesListParams,
    CertificatesListResult,
    CertificatesSelectParams,
    CertificatesSelectResult,
    Empty,
    EventsSubscribeParams,
    EventsSubscribeResult,
    HelloParams,
    HelloResult,
    JournalListParams,
    JournalListResult,
    LoginParams,
    LoginResult,
    Progress,
    ProvidersListResult,
    RequestId,
    SignXmlParams,
    SignXmlResult,
    SiteRequestParams,
    SiteRequestResult,
    SitesForgetParams,
    SitesForgetResult,
    SitesListResult,
    TicketIssueParams,
    TicketIssueResult,
    TokensChanged,
    TokensListResult,
)
from protocol.version import PROTOCOL_VERSIONS, SUBPROTOCOL

__all__ = ["Agent", "AgentNotFound", "Disconnected", "connect", "find", "native_token"]

R = TypeVar("R", bound=Struct)
N = TypeVar("N", bound=Struct)
ProgressCallback = Callable[[Progress], None]


class Disconnected(Exception):  # noqa: N818 - the name says what happened
    """The connection to the agent ended before the answer came."""


def native_token(runtime_file: Path) -> str:
    """The token for programs of this user. Raises AgentNotFound, ValueError."""
    return read_runtime(runtime_file).native_token


@asynccontextmanager
async def connect(
    url: str | None = None,
    *,
    client: str,
    runtime: Path | None = None,
    token: str | None = None,
    ticket: str | None = None,
    origin: str | None = None,
    language: str = "vi",
) -> AsyncIterator["Agent"]:
    """A greeted connection. Raises AgentNotFound, ProtocolError, Disconnected, ValueError.

    `runtime` is the agent's runtime file: it names both the port and the token. Without it the
    agent is looked for on its ports, or taken to be at `url`, and `token` is the user's token.
    `origin` is only for tests that play a browser; native programs send none.
    """
    if runtime is not None:
        known = read_runtime(runtime)
        url = url or address(known.port)
        token = token or known.native_token
    url = url or await find()
    agent = Agent(await _opened(url, origin))
    async with agent._socket:  # noqa: SLF001 - its own half
        # A TaskGroup here would wrap the caller's own exceptions into groups.
        reading = asyncio.create_task(agent._read())  # noqa: SLF001 - its own half
        try:
            agent.greeting = await agent._ask(  # noqa: SLF001 - its own half
                "hello",
                HelloParams(
                    versions=PROTOCOL_VERSIONS,
                    client=client,
                    language="en" if language == "en" else "vi",
                    native_token=UNSET if token is None else token,
                    ticket=UNSET if ticket is None else ticket,
                ),
                HelloResult,
            )
            yield agent
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


class Agent:
    """The other end, after `hello`. Every method raises ProtocolError and Disconnected."""

    greeting: HelloResult

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session = ClientSession()
        self._waiting: dict[RequestId, asyncio.Future[Struct]] = {}
        self._progress: dict[RequestId, ProgressCallback] = {}
        self._watchers: set[tuple[type[Struct], asyncio.Queue[Any]]] = set()
        self._complaint: ProtocolError | Disconnected | None = None
        self._over = False

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
        self,
        params: CertificatesSelectParams | None = None,
        progress: ProgressCallback | None = None,
    ) -> CertificatesSelectResult:
        asked = params or CertificatesSelectParams()
        return await self._ask("certificates.select", asked, CertificatesSelectResult, progress)

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

    async def sites(self) -> SitesListResult:
        return await self._ask("sites.list", Empty(), SitesListResult)

    async def forget_site(self, origin: str) -> SitesForgetResult:
        return await self._ask("sites.forget", SitesForgetParams(origin=origin), SitesForgetResult)

    async def journal(self, params: JournalListParams | None = None) -> JournalListResult:
        return await self._ask("journal.list", params or JournalListParams(), JournalListResult)

    @asynccontextmanager
    async def watch_tokens(self) -> AsyncIterator[AsyncIterator[TokensChanged]]:
        """The tokens now, then again after every change; ends when the connection does."""
        async with self._watch("tokens", TokensChanged) as (now, changes):
            yield _from_now(TokensChanged(tokens=now.tokens), changes)

    async def providers(self) -> ProvidersListResult:
        return await self._ask("providers.list", Empty(), ProvidersListResult)

    async def accounts(self) -> AccountsListResult:
        return await self._ask("accounts.list", Empty(), AccountsListResult)

    async def look_account(
        self, params: AccountsLookParams, progress: ProgressCallback | None = None
    ) -> AccountsLookResult:
        return await self._ask("accounts.look", params, AccountsLookResult, progress)

    async def keep_account(self, look: str) -> AccountsKeepResult:
        return await self._ask("accounts.keep", AccountsKeepParams(look=look), AccountsKeepResult)

    async def refresh_accounts(
        self, account: str | None = None, progress: ProgressCallback | None = None
    ) -> AccountsListResult:
        """Of one account, or of all."""
        asked = AccountsRefreshParams(account=UNSET if account is None else account)
        return await self._ask("accounts.refresh", asked, AccountsListResult, progress)

    async def forget_account(self, account: str) -> AccountsForgetResult:
        asked = AccountsForgetParams(account=account)
        return await self._ask("accounts.forget", asked, AccountsForgetResult)

    @asynccontextmanager
    async def watch_accounts(self) -> AsyncIterator[AsyncIterator[AccountsChanged]]:
        """As `watch_tokens`, of the accounts at signing services; for our own window."""
        async with self._watch("accounts", AccountsChanged) as (now, changes):
            yield _from_now(AccountsChanged(accounts=now.accounts), changes)

    @asynccontextmanager
    async def _watch(
        self, topic: Literal["tokens", "accounts"], news: type[N]
    ) -> AsyncIterator[tuple[EventsSubscribeResult, asyncio.Queue[N | None]]]:
        queue: asyncio.Queue[N | None] = asyncio.Queue()
        watcher = (news, queue)
        self._watchers.add(watcher)
        try:
            asked = EventsSubscribeParams(topics=(topic,))
            yield await self._ask("events.subscribe", asked, EventsSubscribeResult), queue
        finally:
            self._watchers.discard(watcher)

    async def _ask(
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
            if (cancel := self._session.withdraw(asked.id)) is not None:
                with suppress(Disconnected):
                    await self._send(cancel)
            raise
        finally:
            self._waiting.pop(asked.id, None)
            self._progress.pop(asked.id, None)
        assert isinstance(outcome, result)
        return outcome

    async def _send(self, frame: str) -> None:
        try:
            await self._socket.send(frame)
        except websockets.ConnectionClosed as error:
            raise self._ending() from error

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._take(frame)
        except websockets.ConnectionClosed:
            pass
        except NotAMessage as error:
            self._complaint = Disconnected(str(error))
            await self._socket.close(code=websockets.CloseCode.PROTOCOL_ERROR)
        finally:
            self._over = True
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self._ending())
            for _, queue in self._watchers:
                queue.put_nowait(None)

    def _take(self, frame: str | bytes) -> None:
        match self._session.receive(frame):
            case Answered(id=request_id, outcome=outcome):
                answer = self._waiting.get(request_id)
                if answer is None or answer.done():
                    return
                if isinstance(outcome, ProtocolError):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome)
            case Progressed(id=request_id, step=step):
                if (callback := self._progress.get(request_id)) is not None:
                    callback(step)
            case Announced(params=changed):
                for news, queue in self._watchers:
                    if isinstance(changed, news):
                        queue.put_nowait(changed)
            case Complaint(error=error):
                self._complaint = error

    def _ending(self) -> Exception:
        """Why nothing more comes: what the agent complained about, if it did."""
        return self._complaint or Disconnected("the connection to the agent has ended")


async def _from_now(now: N, queue: asyncio.Queue[N | None]) -> AsyncIterator[N]:
    yield now
    while (changed := await queue.get()) is not None:
        yield changed
