"""The Python client: finds the agent on this machine and speaks protocol v1 with it.

    async with connect(client="Payroll 4.2", runtime=runtime_file) as agent:
        chosen = await agent.select(CertificatesSelectParams(filter=CertificateFilter(mst=mst)))
        signed = await agent.sign_xml(SignXmlParams(document=xml, name="…", profile="bhxh-hoso"))

        signed = await agent.sign_document(Path("scan.pdf"), name="scan.pdf", profile="pades")

A native program shows the token of its user's runtime file (SPEC 6.3). Cancelling a task that
waits for an answer cancels the request at the agent, and closes the window that it opened.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from protocol.batch_client import Batch, Digests, opened_batch, opened_digests
from protocol.batches import BatchOpenParams
from protocol.client_connection import Connection, Disconnected, ProgressCallback, opened
from protocol.client_contents import Moved, Stream, Tell
from protocol.client_documents import Signable, SignedDocument, sent, signed, written
from protocol.discovery import AgentNotFound, address, find, read_runtime
from protocol.documents import (
    DigestsOpenParams,
    FilesPickParams,
    FilesPickResult,
    SignDigestParams,
    SignDigestResult,
    SignDocumentParams,
    SignDocumentResult,
    SignOptions,
    Source,
)
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
    HelloParams,
    HelloResult,
    JournalListParams,
    JournalListResult,
    LoginParams,
    LoginResult,
    ProvidersListResult,
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
from protocol.reports import (
    Report,
    TrustAddParams,
    TrustListResult,
    TrustRemoveParams,
    TrustRemoveResult,
    VerifyParams,
    VerifyResult,
)
from protocol.version import PROTOCOL_VERSIONS

__all__ = [
    "Agent",
    "AgentNotFound",
    "Disconnected",
    "Moved",
    "SignedDocument",
    "Stream",
    "connect",
    "find",
    "native_token",
]

N = TypeVar("N", bound=Struct)


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
    async with opened(url, origin=origin) as connection:
        greeting = await connection.ask(
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
        yield Agent(connection, greeting)


class Agent:
    """The other end, after `hello`. Every method raises ProtocolError and Disconnected."""

    def __init__(self, connection: Connection, greeting: HelloResult) -> None:
        self._connection = connection
        self._ask = connection.ask
        self.greeting = greeting

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

    async def sign_document(
        self,
        document: Signable,
        *,
        name: str,
        profile: str,
        options: SignOptions | None = None,
        into: os.PathLike[str] | None = None,
        certificate: str | None = None,
        mst: str | None = None,
        place: Literal["token", "service"] | None = None,
        progress: ProgressCallback | None = None,
        moved: Tell | None = None,
    ) -> SignDocumentResult:
        """The answer, with `document` as the bytes; with `into` they are in that new file instead.

        Raises OSError and ValueError too, of `document` and `into`.
        """
        async with self.signing_document(
            document,
            name=name,
            profile=profile,
            options=options,
            certificate=certificate,
            mst=mst,
            place=place,
            progress=progress,
            moved=moved,
        ) as made:
            if into is not None:
                await written(Path(into), made.pieces)
                return replace(made.result, document=None)
            octets = b"".join([piece async for piece in made.pieces])
            return replace(made.result, document=octets)

    @asynccontextmanager
    async def signing_document(
        self,
        document: Signable,
        *,
        name: str,
        profile: str,
        options: SignOptions | None = None,
        certificate: str | None = None,
        mst: str | None = None,
        place: Literal["token", "service"] | None = None,
        progress: ProgressCallback | None = None,
        moved: Tell | None = None,
    ) -> AsyncIterator[SignedDocument]:
        """As `sign_document`, for what does not fit in memory: its pieces are taken one by one."""
        chosen = options or SignOptions()
        async with sent(
            self._connection, document, profile=profile, options=chosen, moved=moved
        ) as source:
            params = SignDocumentParams(
                source=source,
                name=name,
                profile=profile,
                options=chosen,
                certificate=UNSET if certificate is None else certificate,
                mst=UNSET if mst is None else mst,
                place=UNSET if place is None else place,
            )
            async with signed(self._connection, params, progress=progress, moved=moved) as made:
                yield made

    def batch(
        self,
        *,
        reason: str = "",
        certificate: str | None = None,
        mst: str | None = None,
        place: Literal["token", "service"] | None = None,
    ) -> AbstractAsyncContextManager[Batch]:
        """Many documents under one PIN (protocol.batch_client)."""
        params = BatchOpenParams(
            reason=reason,
            certificate=UNSET if certificate is None else certificate,
            mst=UNSET if mst is None else mst,
            place=UNSET if place is None else place,
        )
        return opened_batch(self._connection, params)

    def digests(
        self, params: DigestsOpenParams, progress: ProgressCallback | None = None
    ) -> AbstractAsyncContextManager[Digests]:
        """Many digests under one PIN; the user sees no content (protocol.batch_client)."""
        return opened_digests(self._connection, params, progress)

    async def sign_digest(
        self, params: SignDigestParams, progress: ProgressCallback | None = None
    ) -> SignDigestResult:
        """The user is to have granted it: `request_site(SiteRequestParams(digests=True))`."""
        return await self._ask("sign.digest", params, SignDigestResult, progress)

    async def pick_files(
        self, params: FilesPickParams | None = None, progress: ProgressCallback | None = None
    ) -> FilesPickResult:
        asked = params or FilesPickParams()
        return await self._ask("files.pick", asked, FilesPickResult, progress)

    async def verify(
        self,
        document: Signable,
        *,
        name: str,
        content: Signable | None = None,
        content_name: str | None = None,
        progress: ProgressCallback | None = None,
        moved: Tell | None = None,
    ) -> Report:
        """What the agent finds of a signed file; a bad signature is a report, never an error.

        `content` is what a detached signature is of. Raises OSError and ValueError too.
        """
        async with AsyncExitStack() as kept:

            async def there(one: Signable) -> Source:
                whole = sent(self._connection, one, profile="", options=SignOptions(), moved=moved)
                return await kept.enter_async_context(whole)

            source = await there(document)
            of: Source | UnsetType = UNSET if content is None else await there(content)
            params = VerifyParams(
                source=source,
                name=name,
                content=of,
                content_name=UNSET if content_name is None else content_name,
            )
            return (await self._ask("verify", params, VerifyResult, progress)).report

    async def trusted(self) -> TrustListResult:
        return await self._ask("trust.list", Empty(), TrustListResult)

    async def trust(self, certificates: bytes) -> TrustListResult:
        """Those in a file of PEM, DER or PKCS#7; all that are believed then. For our own window."""
        return await self._ask(
            "trust.add", TrustAddParams(certificates=certificates), TrustListResult
        )

    async def distrust(self, certificate: str) -> TrustRemoveResult:
        asked = TrustRemoveParams(certificate=certificate)
        return await self._ask("trust.remove", asked, TrustRemoveResult)

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
        async with self._connection.watch("tokens", TokensChanged) as (now, changes):
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
        async with self._connection.watch("accounts", AccountsChanged) as (now, changes):
            yield _from_now(AccountsChanged(accounts=now.accounts), changes)


async def _from_now(now: N, queue: asyncio.Queue[N | None]) -> AsyncIterator[N]:
    yield now
    while (changed := await queue.get()) is not None:
        yield changed
