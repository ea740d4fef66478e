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
import hashlib
import json
import sys
import time
from collections import Counter
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

from protocol import batches as b
from protocol import documents as d
from protocol import messages as m
from protocol import reports as r
from protocol.codec import encode
from protocol.content import Credit, GivenUp, Piece, Unwanted
from protocol.errors import ProtocolError
from protocol.limits import MAX_BATCHES, MAX_MESSAGE_BYTES
from protocol.methods import METHODS
from protocol.session import Abort, Action, Close, Run, Send, SendBinary, Session, Take
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
FILE = d.PickedFile(
    file="12" * 16, name="Hợp đồng.pdf", size=6, sha256=hashlib.sha256(b"picked").hexdigest()
)
#: A content of this size is refused with storage_full.
FULL_BYTES = 5_000_000
CAPABILITIES = (*METHODS, "profile:bhxh-hoso")


@dataclass
class World:
    """What all connections share."""

    tokens: tuple[m.Token, ...] = (TOKEN,)
    accounts: tuple[m.Account, ...] = (ACCOUNT,)
    trusted: tuple[r.TrustedCertificate, ...] = ()
    slow: bool = False
    connections: set["Connection"] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    unwanted: list[int] = field(default_factory=list)
    digest_only: list[bool] = field(default_factory=list)
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
        self.digests = False
        self.left = 0  # of a session of digests
        self.batches: dict[str, list[b.BatchDocument]] = {}
        self.told: dict[int, str] = {}  # outcomes of a batch's documents
        self.contents: dict[int, bytearray] = {}
        self.made: dict[int, bytes] = {}  # what a message will name
        self.credited = asyncio.Event()
        self.sending: set[asyncio.Task[None]] = set()

    async def converse(self) -> None:
        self.world.connections.add(self)
        try:
            async for frame in self.socket:
                if isinstance(frame, bytes):
                    await self.carry_out(self.session.receive_binary(frame))
                else:
                    await self.carry_out(self.session.receive(frame, time.monotonic()))
        except ConnectionClosed:
            pass
        finally:
            self.world.connections.discard(self)
            for task in {*self.running.values(), *self.sending}:
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
                case SendBinary(frame=frame):
                    with suppress(ConnectionClosed):
                        await self.socket.send(frame)
                case Take(what=what):
                    await self.take(what)
                case Close(code=code, reason=reason):
                    await self.socket.close(code, reason)

    async def take(self, what: Piece | Credit | GivenUp | Unwanted) -> None:
        match what:
            case Piece(number=number, payload=payload):
                if what.size is not None:
                    self.contents[number] = bytearray()
                    self.world.digest_only.append(what.digest_only)
                    if what.size == FULL_BYTES:  # as where a disk is full
                        full = self.session.refuse(number, ProtocolError("storage_full"))
                        await self.carry_out(full)
                self.contents[number] += payload
                await self.carry_out(self.session.taken(len(payload)))
            case GivenUp(number=number):
                self.contents.pop(number, None)
                self.world.forgotten.append(number)
            case Credit():
                self.credited.set()
            case Unwanted(number=number):
                frame = self.session.sending.give_up(number)
                self.world.unwanted.append(number)
                await self.carry_out([] if frame is None else [SendBinary(frame)])
                self.credited.set()

    def octets(self, source: d.Source) -> bytes:
        if isinstance(source.document, bytes):
            return source.document
        if source.file == FILE.file:
            return b"picked"
        if source.content not in self.contents:
            raise ProtocolError("content_unknown")
        if self.session.receiving.is_coming(source.content):
            raise ProtocolError("content_incomplete")
        return bytes(self.contents[source.content])

    def make(self, octets: bytes) -> int:
        number = self.session.sending.begin(len(octets))
        self.made[number] = octets
        return number

    async def send_made(self, number: int) -> None:
        octets, sending, at = self.made.pop(number), self.session.sending, 0
        while sending.is_going(number):
            if (room := sending.room(number)) is None:
                self.credited.clear()
                await self.credited.wait()
                continue
            await self.carry_out([SendBinary(sending.piece(number, octets[at : at + room]))])
            at += room

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
        for number in tuple(self.made):
            task = asyncio.create_task(self.send_made(number))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

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
    on.digests |= params.digests
    return m.SiteRequestResult(granted="once", digests=on.digests)


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


async def sign_document(
    on: Connection, params: d.SignDocumentParams, request_id: m.RequestId
) -> d.SignDocumentResult:
    octets = on.octets(params.source)
    if params.profile == "no-such-profile":
        raise ProtocolError("profile_unknown")
    await on.ask_user(request_id, params.name)
    signed = octets + b"<!-- signed -->"
    inline = isinstance(params.source.document, bytes)
    return d.SignDocumentResult(
        document=signed if inline else None,
        content=None if inline else on.make(signed),
        size=len(signed),
        sha256=hashlib.sha256(octets).hexdigest(),
        certificate=CERTIFICATE,
        signed_at=NOON,
        level="B-B",
        level_problem="" if params.options.level == "B-B" else "timestamp_not_configured",
    )


async def sign_digest(
    on: Connection, params: d.SignDigestParams, _: m.RequestId
) -> d.SignDigestResult:
    if not on.digests:
        raise ProtocolError("digests_not_allowed")
    return d.SignDigestResult(
        signature=params.digest[::-1],
        algorithm=f"rsa-{params.padding}-{params.hash}",
        certificate=CERTIFICATE,
        signed_at=NOON,
    )


async def batch_open(
    on: Connection, params: b.BatchOpenParams, _: m.RequestId
) -> b.BatchOpenResult:
    del params
    if len(on.batches) >= MAX_BATCHES:
        raise ProtocolError("too_many_sessions", limit=MAX_BATCHES)
    handle = f"{len(on.batches) + 1:032x}"
    on.batches[handle] = []
    return b.BatchOpenResult(batch=handle)


async def batch_add(on: Connection, params: b.BatchAddParams, _: m.RequestId) -> b.BatchAddResult:
    if params.batch not in on.batches:
        raise ProtocolError("batch_unknown")
    on.batches[params.batch] += params.documents
    return b.BatchAddResult(count=len(on.batches[params.batch]))


async def batch_sign(
    on: Connection, params: b.BatchSignParams, request_id: m.RequestId
) -> b.BatchSignResult:
    """The profile `no-such-profile` fails, the name `x` is excluded, `stop` stops it once."""
    if params.batch not in on.batches:
        raise ProtocolError("batch_unknown")
    documents, counts, stopped = on.batches[params.batch], Counter[str](), None
    for index, document in enumerate(documents):
        if index in on.told:
            counts[on.told[index]] += 1
            continue
        if document.name == "stop" and "stop" not in on.world.asked:
            on.world.asked.append("stop")
            stopped = ProtocolError("token_removed").to_wire().data
            break
        octets = on.octets(document.source)
        outcome, error, made = "signed", None, octets + b"<!-- signed -->"
        if document.profile == "no-such-profile":
            outcome, error = "failed", ProtocolError("profile_unknown").to_wire().data
        if document.name == "x":
            outcome, error = "excluded", ProtocolError("excluded").to_wire().data
        news = b.BatchDocumentDone(
            request=request_id,
            batch=params.batch,
            index=index,
            outcome=outcome,
            content=on.make(made) if outcome == "signed" else None,
            size=len(made) if outcome == "signed" else 0,
            sha256=hashlib.sha256(octets).hexdigest(),
            level="B-B",
            level_problem="",
            error=error,
        )
        on.told[index] = outcome
        counts[outcome] += 1
        await on.carry_out(on.session.notify("batch.document", news))
        if news.content is not None:
            on.sending.add(asyncio.create_task(on.send_made(news.content)))
    return b.BatchSignResult(
        signed=counts["signed"],
        failed=counts["failed"],
        excluded=counts["excluded"],
        left=len(documents) - counts.total(),
        stopped=stopped,
        certificate=CERTIFICATE,
    )


async def batch_close(
    on: Connection, params: b.BatchCloseParams, _: m.RequestId
) -> b.BatchCloseResult:
    return b.BatchCloseResult(closed=on.batches.pop(params.batch, None) is not None)


async def digests_open(
    on: Connection, params: d.DigestsOpenParams, _: m.RequestId
) -> d.DigestsOpenResult:
    if not on.digests:
        raise ProtocolError("digests_not_allowed")
    on.left = params.count
    return d.DigestsOpenResult(
        session="0f" * 16,
        count=params.count,
        expires_at=NOON,
        algorithm=f"rsa-{params.padding}-{params.hash}",
        certificate=CERTIFICATE,
    )


async def digests_sign(
    on: Connection, params: d.DigestsSignParams, _: m.RequestId
) -> d.DigestsSignResult:
    if on.left < len(params.digests):
        raise ProtocolError("digest_session_over")
    on.left -= len(params.digests)
    signatures = tuple(digest[::-1] for digest in params.digests)
    return d.DigestsSignResult(signatures=signatures, left=on.left)


async def digests_close(
    on: Connection, params: d.DigestsCloseParams, _: m.RequestId
) -> d.DigestsCloseResult:
    del params
    was, on.left = on.left, 0
    return d.DigestsCloseResult(closed=was > 0)


async def files_pick(
    on: Connection, params: d.FilesPickParams, request_id: m.RequestId
) -> d.FilesPickResult:
    await on.ask_user(request_id, params.reason)
    return d.FilesPickResult(files=(FILE,))


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


async def verify(on: Connection, params: r.VerifyParams, _: m.RequestId) -> r.VerifyResult:
    octets = on.octets(params.source)
    of = b"" if not isinstance(params.content, r.Source) else on.octets(params.content)
    good = octets.endswith(b"<!-- signed -->")
    return r.VerifyResult(
        report=r.Report(
            name=params.name,
            kind="xml",
            content=params.content_name if isinstance(params.content_name, str) else "",
            sha256=hashlib.sha256(octets + of).hexdigest(),
            size=len(octets),
            checked_at=NOON,
            verdict="uncertain" if good else "invalid",
            broken="" if good else "missing",
            words={},
            signatures=(),
        )
    )


async def trust_list(on: Connection, _: m.Empty, __: m.RequestId) -> r.TrustListResult:
    return r.TrustListResult(certificates=on.world.trusted)


async def trust_add(on: Connection, params: r.TrustAddParams, _: m.RequestId) -> r.TrustListResult:
    added = r.TrustedCertificate(
        id=hashlib.sha256(params.certificates).hexdigest(),
        kind="root",
        source="user",
        holder="Test Root",
        issuer="Test Root",
        not_before=NOON,
        not_after=NOON.replace(year=2049),
    )
    on.world.trusted += (added,)
    return r.TrustListResult(certificates=on.world.trusted)


async def trust_remove(
    on: Connection, params: r.TrustRemoveParams, _: m.RequestId
) -> r.TrustRemoveResult:
    left = tuple(one for one in on.world.trusted if one.id != params.certificate)
    removed = left != on.world.trusted
    on.world.trusted = left
    return r.TrustRemoveResult(removed=removed)


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
    "sign.document": sign_document,
    "sign.digest": sign_digest,
    "files.pick": files_pick,
    "digests.open": digests_open,
    "digests.sign": digests_sign,
    "digests.close": digests_close,
    "batch.open": batch_open,
    "batch.add": batch_add,
    "batch.sign": batch_sign,
    "batch.close": batch_close,
    "verify": verify,
    "trust.list": trust_list,
    "trust.add": trust_add,
    "trust.remove": trust_remove,
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
