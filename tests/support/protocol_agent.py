"""An agent without keys: the real session over a real WebSocket, with answers made up on the spot.

Clients are tested against it, in this process (`serving`) or from another language, by
`python -m tests.support.protocol_agent`: it prints its port, and reads from its standard input

    plug | unplug      the token comes and goes
    trouble | calm     the account's service cannot be reached, or can
    drop               every connection is closed
    complain           every connection is told too_many_connections and closed
    rubbish            every connection is sent what is no message
    slow | fast        `/ping` hangs, or does not

What is asked for decides how it ends: a name or reason "refuse" is refused, "wait" waits until it
is cancelled, "hang up" closes the connection.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from msgspec import Struct
from msgspec.structs import replace
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from protocol import messages as m
from protocol.codec import encode
from protocol.errors import ProtocolError
from protocol.limits import MAX_MESSAGE_BYTES
from protocol.methods import METHODS
from protocol.session import Abort, Action, Close, Run, Send, Session
from protocol.version import PATH, PING_PATH, PRODUCT, PROTOCOL_VERSIONS, SUBPROTOCOL

NATIVE_TOKEN = "native-token"
TICKET = "ticket"
ALLOWED_ORIGIN = "https://allowed.test"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOKEN = m.Token(
    id="card-1",
    label="Thẻ của kế toán",
    manufacturer="OpenKySo",
    model="Test",
    serial="0001",
    reader="Reader 0",
    pin=m.PinState(),
)
CERTIFICATE = m.Certificate(
    id="ab" * 32,
    der=b"\x30\x03\x02\x01\x01",
    holder="CÔNG TY TNHH ÁNH DƯƠNG",
    mst=("0100109106",),
    subject="UID=MST:0100109106,CN=CÔNG TY TNHH ÁNH DƯƠNG",
    issuer="Test CA",
    serial="01",
    not_before=NOON,
    not_after=NOON.replace(year=2029),
    key="RSA-2048",
    state=m.CertificateState.VALID,
    token=TOKEN,
)
ACCOUNT = m.Account(
    id="cd" * 16,
    provider="cyberhsm",
    provider_name="CyberHSM",
    host="api.cyberhsm.vn",
    name="ketoan",
    certificates=(CERTIFICATE.id,),
    problem="",
    checked_at=NOON,
)
PROVIDER = m.Provider(
    id="cyberhsm",
    name="CyberHSM",
    account=m.Words(vi="Tài khoản", en="Account"),
    password=m.Words(vi="Mật khẩu", en="Password"),
    fields=(),
)
PASSWORD = "hsm-password"
LOOK = "ef" * 16
CAPABILITIES = (*METHODS, "profile:bhxh-hoso")


@dataclass
class World:
    """What all connections share."""

    tokens: tuple[m.Token, ...] = (TOKEN,)
    accounts: tuple[m.Account, ...] = (ACCOUNT,)
    slow: bool = False
    connections: set["Connection"] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)

    async def plug(self, *tokens: m.Token) -> None:
        self.tokens = tokens
        for connection in set(self.connections):
            await connection.tell_tokens()

    async def keep(self, *accounts: m.Account) -> None:
        self.accounts = accounts
        for connection in set(self.connections):
            await connection.tell_accounts()

    async def drop(self, *said: str) -> None:
        for connection in set(self.connections):
            for text in said:
                await connection.socket.send(text)
            if not said or "rubbish" not in said:
                await connection.socket.close(1001)


class Connection:
    def __init__(self, socket: ServerConnection, world: World) -> None:
        assert socket.request is not None
        self.socket = socket
        self.world = world
        self.origin = socket.request.headers.get("Origin")
        self.session = Session(now=time.monotonic(), native=self.origin is None)
        self.running: dict[m.RequestId, asyncio.Task[None]] = {}
        self.follows: frozenset[str] = frozenset()

    async def converse(self) -> None:
        self.world.connections.add(self)
        try:
            async for frame in self.socket:
                await self.carry_out(self.session.receive(frame, time.monotonic()))
        except ConnectionClosed:
            pass
        finally:
            self.world.connections.discard(self)
            for task in self.running.values():
                task.cancel()
            await self.carry_out(self.session.closed())

    async def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Run():
                    self.running[action.id] = asyncio.create_task(self.serve(action))
                case Abort(id=request_id):
                    if (task := self.running.get(request_id)) is not None:
                        task.cancel()
                        await asyncio.wait({task})
                        # A task that had not begun yet could not say so itself.
                        told = self.session.fail(request_id, ProtocolError("cancelled"))
                        await self.carry_out(told)
                case Send(text=text):
                    with suppress(ConnectionClosed):
                        await self.socket.send(text)
                case Close(code=code, reason=reason):
                    await self.socket.close(code, reason)

    async def serve(self, run: Run) -> None:
        self.world.asked.append(run.method)
        try:
            result = await COMMANDS[run.method](self, run.params, run.id)
        except ProtocolError as error:
            actions = self.session.fail(run.id, error)
        except asyncio.CancelledError:
            self.world.aborted.append(run.method)
            actions = self.session.fail(run.id, ProtocolError("cancelled"))
        else:
            actions = self.session.reply(run.id, result)
        self.running.pop(run.id, None)
        await self.carry_out(actions)

    async def progress(self, request_id: m.RequestId, stage: m.Stage) -> None:
        step = m.Progress(request=request_id, stage=stage)
        await self.carry_out(self.session.notify(m.Progress.method, step))

    async def tell_tokens(self) -> None:
        if "tokens" in self.follows:
            changed = m.TokensChanged(tokens=self.world.tokens)
            await self.carry_out(self.session.notify(m.TokensChanged.method, changed))

    async def tell_accounts(self) -> None:
        if "accounts" in self.follows:
            changed = m.AccountsChanged(accounts=self.world.accounts)
            await self.carry_out(self.session.notify(m.AccountsChanged.method, changed))

    async def ask_user(self, request_id: m.RequestId, said: str) -> None:
        await self.progress(request_id, m.Stage.WAITING_FOR_USER)
        if said == "refuse":
            raise ProtocolError("user_refused")
        if said == "wait":
            await asyncio.Event().wait()
        if said == "hang up":
            await self.socket.close(1001)


async def hello(on: Connection, params: m.HelloParams, _: m.RequestId) -> m.HelloResult:
    version = next((v for v in PROTOCOL_VERSIONS if v in params.versions), None)
    if version is None:
        raise ProtocolError("protocol_unsupported", supported=list(PROTOCOL_VERSIONS))
    if (on.origin is None) != (params.native_token == NATIVE_TOKEN):
        raise ProtocolError("native_token_invalid")
    has_ticket = params.ticket in {TICKET, f"{TICKET} for {on.origin}"}
    if isinstance(params.ticket, str) and not has_ticket:
        raise ProtocolError("ticket_invalid")
    known = on.origin in {None, ALLOWED_ORIGIN}
    rights = m.Rights.SITE if known else m.Rights.NONE
    return m.HelloResult(
        protocol=version,
        product=PRODUCT,
        version="test",
        rights=m.Rights.FIRST_PARTY if has_ticket else rights,
        origin=on.origin,
        capabilities=CAPABILITIES,
    )


async def site_request(
    on: Connection, params: m.SiteRequestParams, request_id: m.RequestId
) -> m.SiteRequestResult:
    await on.ask_user(request_id, params.reason)
    if on.session.rights is m.Rights.NONE:
        on.session.grant(m.Rights.SITE)
    return m.SiteRequestResult(granted="once")


async def tokens_list(on: Connection, _: m.Empty, __: m.RequestId) -> m.TokensListResult:
    return m.TokensListResult(tokens=on.world.tokens)


async def certificates_list(
    on: Connection, params: m.CertificatesListParams, _: m.RequestId
) -> m.CertificatesListResult:
    return m.CertificatesListResult(certificates=wanted(on, params.filter))


async def certificates_select(
    on: Connection, params: m.CertificatesSelectParams, request_id: m.RequestId
) -> m.CertificatesSelectResult:
    await on.ask_user(request_id, params.reason)
    if not (found := wanted(on, params.filter)):
        raise ProtocolError("no_certificate")
    return m.CertificatesSelectResult(certificate=found[0])


async def events_subscribe(
    on: Connection, params: m.EventsSubscribeParams, _: m.RequestId
) -> m.EventsSubscribeResult:
    topics = frozenset(params.topics)
    if "accounts" in topics and on.session.rights is not m.Rights.FIRST_PARTY:
        raise ProtocolError("not_allowed", needs="first-party")
    on.follows |= topics
    return m.EventsSubscribeResult(
        topics=params.topics,
        tokens=on.world.tokens,
        accounts=on.world.accounts if "accounts" in topics else (),
    )


async def sign_xml(
    on: Connection, params: m.SignXmlParams, request_id: m.RequestId
) -> m.SignXmlResult:
    await on.ask_user(request_id, params.name)
    if params.profile != "bhxh-hoso":
        raise ProtocolError("profile_unknown")
    if isinstance(params.mst, str) and params.mst not in CERTIFICATE.mst:
        raise ProtocolError("mst_mismatch", found=CERTIFICATE.mst[0], expected=params.mst)
    await on.progress(request_id, m.Stage.SIGNING)
    return m.SignXmlResult(
        document=params.document + b"<!-- signed -->",
        sha256="00" * 32,
        certificate=CERTIFICATE,
        signed_at=NOON,
    )


async def login(on: Connection, params: m.LoginParams, _: m.RequestId) -> m.LoginResult:
    message = m.login_message(origin=on.origin or "native", nonce=params.nonce)
    return m.LoginResult(certificate=CERTIFICATE, signature=message, algorithm="RS256")


async def ticket_issue(
    _: Connection, params: m.TicketIssueParams, __: m.RequestId
) -> m.TicketIssueResult:
    return m.TicketIssueResult(ticket=f"{TICKET} for {params.origin}", expires_at=NOON)


async def sites_list(_: Connection, __: m.Empty, ___: m.RequestId) -> m.SitesListResult:
    site = m.Site(origin=ALLOWED_ORIGIN, granted_at=NOON, expires_at=None)
    return m.SitesListResult(sites=(site,))


async def sites_forget(
    _: Connection, params: m.SitesForgetParams, __: m.RequestId
) -> m.SitesForgetResult:
    return m.SitesForgetResult(forgotten=params.origin == ALLOWED_ORIGIN)


async def journal_list(
    _: Connection, params: m.JournalListParams, __: m.RequestId
) -> m.JournalListResult:
    entry = m.SignatureEntry(
        number=params.limit,
        at=NOON,
        origin=ALLOWED_ORIGIN,
        action="sign.xml",
        name="Hồ sơ",
        sha256="00" * 32,
        holder=CERTIFICATE.holder,
        serial=CERTIFICATE.serial,
        outcome="signed",
    )
    return m.JournalListResult(entries=(entry,))


async def providers_list(_: Connection, __: m.Empty, ___: m.RequestId) -> m.ProvidersListResult:
    return m.ProvidersListResult(providers=(PROVIDER,))


async def accounts_list(on: Connection, _: m.Empty, __: m.RequestId) -> m.AccountsListResult:
    return m.AccountsListResult(accounts=on.world.accounts)


async def accounts_look(
    on: Connection, params: m.AccountsLookParams, request_id: m.RequestId
) -> m.AccountsLookResult:
    if isinstance(params.provider, str) and params.provider != PROVIDER.id:
        raise ProtocolError("invalid_params", at="$.params.provider")
    if len({field.name for field in params.fields}) != len(params.fields):
        raise ProtocolError("invalid_params", at="$.params.fields")
    if params.host.startswith("http://"):
        raise ProtocolError("service_address")
    await on.progress(request_id, m.Stage.WAITING_FOR_SERVICE)
    if params.account == "wait":
        await asyncio.Event().wait()
    if params.password != PASSWORD:
        raise ProtocolError("account_refused")
    service = m.Service(
        provider=ACCOUNT.provider, provider_name=ACCOUNT.provider_name, host=params.host
    )
    return m.AccountsLookResult(
        look=LOOK,
        provider=service.provider,
        provider_name=service.provider_name,
        host=service.host,
        certificates=(replace(CERTIFICATE, token=None, service=service),),
    )


async def accounts_keep(
    on: Connection, params: m.AccountsKeepParams, _: m.RequestId
) -> m.AccountsKeepResult:
    if params.look != LOOK:
        raise ProtocolError("account_unknown")
    await on.world.keep(ACCOUNT)
    return m.AccountsKeepResult(account=ACCOUNT)


async def accounts_refresh(
    on: Connection, params: m.AccountsRefreshParams, _: m.RequestId
) -> m.AccountsListResult:
    if isinstance(params.account, str) and params.account != ACCOUNT.id:
        raise ProtocolError("account_unknown")
    return m.AccountsListResult(accounts=on.world.accounts)


async def accounts_forget(
    on: Connection, params: m.AccountsForgetParams, _: m.RequestId
) -> m.AccountsForgetResult:
    left = tuple(account for account in on.world.accounts if account.id != params.account)
    forgotten = left != on.world.accounts
    await on.world.keep(*left)
    return m.AccountsForgetResult(forgotten=forgotten)


COMMANDS: dict[str, Callable[..., Awaitable[Struct]]] = {
    "hello": hello,
    "site.request": site_request,
    "tokens.list": tokens_list,
    "certificates.list": certificates_list,
    "certificates.select": certificates_select,
    "events.subscribe": events_subscribe,
    "sign.xml": sign_xml,
    "login": login,
    "ticket.issue": ticket_issue,
    "sites.list": sites_list,
    "sites.forget": sites_forget,
    "journal.list": journal_list,
    "providers.list": providers_list,
    "accounts.list": accounts_list,
    "accounts.look": accounts_look,
    "accounts.keep": accounts_keep,
    "accounts.refresh": accounts_refresh,
    "accounts.forget": accounts_forget,
}


def wanted(on: Connection, asked: m.CertificateFilter) -> tuple[m.Certificate, ...]:
    if not on.world.tokens or (isinstance(asked.mst, str) and asked.mst not in CERTIFICATE.mst):
        return ()
    return (CERTIFICATE,)


@dataclass
class Serving:
    port: int
    world: World

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"


@asynccontextmanager
async def serving() -> AsyncIterator[Serving]:
    world = World()

    async def ping(connection: ServerConnection, request: Request) -> Response | None:
        del connection
        if request.path == PATH:
            return None
        while world.slow:
            await asyncio.sleep(0.01)
        known = request.path == PING_PATH
        facts = {"product": PRODUCT, "version": "test", "protocol": list(PROTOCOL_VERSIONS)}
        body = json.dumps(facts).encode() if known else b""
        status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
        headers = Headers(
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                "Access-Control-Allow-Origin": "*",
                "Connection": "close",
            }
        )
        return Response(status, status.phrase, headers, body)

    async def converse(socket: ServerConnection) -> None:
        await Connection(socket, world).converse()

    async with serve(
        converse,
        "127.0.0.1",
        0,
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item] # a NewType of str
        process_request=ping,
        max_size=MAX_MESSAGE_BYTES + 1024,  # the session says what is too large
        compression=None,
    ) as server:
        [listener] = server.sockets
        yield Serving(port=listener.getsockname()[1], world=world)


async def main() -> None:
    async with serving() as agent:
        print(agent.port, flush=True)
        world = agent.world
        full = m.ErrorReply(id=None, error=ProtocolError("too_many_connections").to_wire())
        while line := await asyncio.to_thread(sys.stdin.readline):
            match line.strip():
                case "plug":
                    await world.plug(TOKEN)
                case "unplug":
                    await world.plug()
                case "trouble":
                    await world.keep(replace(ACCOUNT, problem="service_unreachable"))
                case "calm":
                    await world.keep(ACCOUNT)
                case "drop":
                    await world.drop()
                case "complain":
                    await world.drop(encode(full))
                case "rubbish":
                    await world.drop("rubbish")
                case "slow" | "fast" as speed:
                    world.slow = speed == "slow"
            print(line.strip(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
