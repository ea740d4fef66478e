"""Every message of protocol v1, as strict types (SPEC 4 and 5).

Requests and replies have the shapes of JSON-RPC 2.0. A request's `params` is one of the structs
below, with unknown fields refused. Bytes travel as base64 (RFC 4648 §4), times as RFC 3339 in UTC.

    messages     envelopes, certificates, sites, accounts, and what changes about them
    documents    what is signed, and how
    batches      many documents under one PIN
    methods      the one table from a method's name to its messages and the rights it needs
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.limits import MAX_NAME_CHARS, MAX_REASON_CHARS, MAX_XML_BYTES


def exactly(pattern: str) -> str:
    r"""A pattern for the whole of a text, in Python as in JSON Schema.

    Python's `$` also matches before a line break at the end, and its `\d` matches any script's
    digits; so patterns name their characters, and the last look ahead rules the line break out.
    """
    return rf"^(?:{pattern})$(?!\n)"


Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Reason = Annotated[str, Meta(max_length=MAX_REASON_CHARS)]
#: Lower-case hex SHA-256 of the certificate's DER.
CertificateId = Annotated[str, Meta(pattern=exactly("[0-9a-f]{64}"))]
#: MST in canonical form: 10, 12 or 13 digits, no hyphen (protocol.identity.canonical_mst).
Mst = Annotated[str, Meta(pattern=exactly("[0-9]{10}|[0-9]{12}|[0-9]{13}"))]
#: Whole numbers up to the largest that JavaScript counts exactly (ECMA-262 §21.1.2.6).
RequestId = (
    Annotated[str, Meta(min_length=1, max_length=64)] | Annotated[int, Meta(ge=0, le=2**53 - 1)]
)
#: Of an account at a service, or of something looked up there; chosen by the agent.
AccountId = Annotated[str, Meta(pattern=exactly("[0-9a-f]{32}"))]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=64)]


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what clients send: an unknown field is an error, so that a typo is never ignored."""


class Result(Struct, frozen=True, kw_only=True):
    """Base of what the agent sends, every field of it always.

    Clients ignore fields that they do not know (SPEC 2.5).
    """


# --- envelopes -----------------------------------------------------------------------------------


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    jsonrpc: Literal["2.0"]
    id: RequestId
    method: Annotated[str, Meta(max_length=64)]
    params: Raw | UnsetType = UNSET  # read by the type that METHODS names


class Reply(Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"] = "2.0"
    id: RequestId
    result: Any


class ErrorData(Struct, frozen=True, kw_only=True):
    """`error.data`. `code` is stable for ever; texts may be reworded."""

    code: str
    group: str
    retriable: bool
    vi: str
    en: str
    details: dict[str, Any] = {}


class ErrorObject(Struct, frozen=True, kw_only=True):
    code: int
    message: str
    data: ErrorData


class ErrorReply(Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"] = "2.0"
    id: RequestId | None
    error: ErrorObject


class Notification(Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: Any


# --- what they talk about ------------------------------------------------------------------------


class Rights(StrEnum):
    """What a connection may do. Each includes the ones before it."""

    NONE = "none"  # may only ask to be allowed
    SITE = "site"  # the user allowed this origin; or a native program with the user's token
    FIRST_PARTY = "first-party"  # our own window, by a one-time ticket


class PinState(Result, frozen=True, kw_only=True):
    """Hints of C_GetTokenInfo. `low` is not set by every module; `locked` is reliable."""

    low: bool = False
    final_try: bool = False
    locked: bool = False
    pin_pad: bool = False


class Token(Result, frozen=True, kw_only=True):
    id: str
    label: str
    manufacturer: str
    model: str
    serial: str
    reader: str
    pin: PinState


class Service(Result, frozen=True, kw_only=True):
    """The remote signing service (HSM) that keeps a key; never whose account it is."""

    provider: str  # a row of the agent's table: "cyberhsm", "csc" …
    provider_name: str
    host: str  # "api.cyberhsm.vn", with the port unless it is 443


class CertificateState(StrEnum):
    VALID = "valid"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNTRUSTED = "untrusted"  # no path to a trusted root
    UNCHECKED = "unchecked"  # in its validity period; chain or revocation could not be checked


class Certificate(Result, frozen=True, kw_only=True):
    id: CertificateId
    der: bytes
    holder: str  # subject CN (or O)
    mst: tuple[str, ...] = ()  # canonical, from UID=MST:… by OID
    subject: str  # RFC 4514
    issuer: str  # issuer CN
    serial: str  # hex, upper case, leading zeros kept
    not_before: datetime
    not_after: datetime
    key: str  # "RSA-2048", "EC-P-256"
    state: CertificateState
    warnings: tuple[str, ...] = ()  # codes that do not forbid signing: revocation_unknown …
    token: Token | None = None  # where the key is: one of these two
    service: Service | None = None


class Account(Result, frozen=True, kw_only=True):
    """An account at a signing service. Its password is never told to anyone."""

    id: AccountId
    provider: str
    provider_name: str
    host: str
    name: str
    certificates: tuple[CertificateId, ...]
    problem: str  # the error code with which it was last asked, or ""
    checked_at: datetime | None  # when the service was last asked


#: Where a certificate's key is.
Place = Literal["token", "service"]


class CertificateFilter(Params, frozen=True, kw_only=True):
    mst: Mst | UnsetType = UNSET
    place: Place | UnsetType = UNSET  # absent: wherever the key is
    valid_now: bool = True
    issuer: Name | UnsetType = UNSET  # substring of the issuer's CN, case-insensitive


# --- methods -------------------------------------------------------------------------------------


class HelloParams(Params, frozen=True, kw_only=True):
    versions: Annotated[tuple[int, ...], Meta(min_length=1, max_length=16)]
    client: Name
    language: Literal["vi", "en"] = "vi"
    ticket: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET  # our own window
    native_token: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET  # native programs


class HelloResult(Result, frozen=True, kw_only=True):
    protocol: int
    product: str
    version: str
    rights: Rights
    origin: str | None  # as the browser stated it; null for a native program
    capabilities: tuple[str, ...]  # method names and "profile:bhxh-hoso" …
    demo: bool = False  # consent is answered by script, for the demo alone


class SiteRequestParams(Params, frozen=True, kw_only=True):
    reason: Reason = ""
    #: To have digests signed too, whose content the agent cannot show.
    digests: bool = False


class SiteRequestResult(Result, frozen=True, kw_only=True):
    granted: Literal["once", "always"]
    digests: bool = False


class Empty(Params, frozen=True, kw_only=True):
    pass


class TokensListResult(Result, frozen=True, kw_only=True):
    tokens: tuple[Token, ...]


class CertificatesListParams(Params, frozen=True, kw_only=True):
    filter: CertificateFilter = CertificateFilter()


class CertificatesListResult(Result, frozen=True, kw_only=True):
    certificates: tuple[Certificate, ...]


class CertificatesSelectParams(Params, frozen=True, kw_only=True):
    """The agent's window shows the user's certificates; the page learns only the chosen one."""

    filter: CertificateFilter = CertificateFilter()
    reason: Reason = ""


class CertificatesSelectResult(Result, frozen=True, kw_only=True):
    certificate: Certificate


class EventsSubscribeParams(Params, frozen=True, kw_only=True):
    topics: Annotated[tuple[Literal["tokens", "accounts"], ...], Meta(min_length=1, max_length=4)]


class EventsSubscribeResult(Result, frozen=True, kw_only=True):
    """As it is now, so that no change falls between a list and the subscription."""

    topics: tuple[str, ...]
    tokens: tuple[Token, ...]
    accounts: tuple[Account, ...] = ()  # empty unless they are a topic


class SignXmlParams(Params, frozen=True, kw_only=True):
    document: Annotated[bytes, Meta(max_length=MAX_XML_BYTES)]
    name: Name
    profile: Name
    certificate: CertificateId | UnsetType = UNSET  # absent: the user chooses in the window
    mst: Mst | UnsetType = UNSET  # only a certificate of this MST will do
    place: Place | UnsetType = UNSET  # only one whose key is there will do


class SignXmlResult(Result, frozen=True, kw_only=True):
    document: bytes
    sha256: str  # hex, of the document as it was shown to the user
    certificate: Certificate
    signed_at: datetime


class LoginParams(Params, frozen=True, kw_only=True):
    """Prove possession of a certificate's key to the asking origin (SPEC 5.9).

    What is signed is made by the agent from the origin and the nonce (`login_message`), so a page
    can neither choose the bytes nor use the answer at another site (threat T23).
    """

    nonce: Nonce
    mst: Mst | UnsetType = UNSET
    certificate: CertificateId | UnsetType = UNSET
    place: Place | UnsetType = UNSET


class LoginResult(Result, frozen=True, kw_only=True):
    certificate: Certificate
    signature: bytes
    algorithm: Literal["RS256", "ES256", "ES384"]  # RFC 7518 §3.1


class CancelParams(Params, frozen=True, kw_only=True):
    request: RequestId


class CancelResult(Result, frozen=True, kw_only=True):
    cancelled: bool  # False: that request was already answered


class TicketIssueParams(Params, frozen=True, kw_only=True):
    """A native program of the same user asks a one-time ticket for the window it will open."""

    origin: Annotated[
        str, Meta(pattern=exactly(r"http://(127\.0\.0\.1|\[::1\]|localhost):[1-9][0-9]{0,4}"))
    ]


class TicketIssueResult(Result, frozen=True, kw_only=True):
    ticket: str
    expires_at: datetime


class Site(Result, frozen=True, kw_only=True):
    origin: str
    granted_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None
    digests: bool = False  # it may have digests signed


class SitesListResult(Result, frozen=True, kw_only=True):
    sites: tuple[Site, ...]


class SitesForgetParams(Params, frozen=True, kw_only=True):
    origin: Annotated[str, Meta(max_length=300)]


class SitesForgetResult(Result, frozen=True, kw_only=True):
    forgotten: bool


class SignatureEntry(Result, frozen=True, kw_only=True):
    """One line of the journal, as the tray and our own page show it."""

    number: int
    at: datetime
    origin: str
    action: str
    name: str
    sha256: str
    size: int | None = None  # bytes, where the agent knows it
    profile: str = ""
    level: str = ""  # that the signature has, "B-B" to "B-LTA"; "" where there are none
    holder: str
    serial: str
    outcome: str  # "signed", or an error code, or "deleted"


class JournalListParams(Params, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    before: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class JournalListResult(Result, frozen=True, kw_only=True):
    entries: tuple[SignatureEntry, ...]


Host = Annotated[str, Meta(min_length=1, max_length=300)]


class Words(Result, frozen=True, kw_only=True):
    """The same in both languages."""

    vi: str
    en: str


class ProviderField(Result, frozen=True, kw_only=True):
    """What a provider needs to be told besides account and password."""

    name: str
    label: Words
    required: bool
    secret: bool


class Provider(Result, frozen=True, kw_only=True):
    """A kind of signing service, to be chosen by hand when a host is not recognised."""

    id: str
    name: str
    account: Words  # what the provider calls it
    password: Words
    fields: tuple[ProviderField, ...]
    hosts: tuple[str, ...] = ()  # known ones, to suggest; there may be others


class ProvidersListResult(Result, frozen=True, kw_only=True):
    providers: tuple[Provider, ...]


class AccountsListResult(Result, frozen=True, kw_only=True):
    accounts: tuple[Account, ...]


class FilledField(Params, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=32)]  # of a ProviderField
    value: Annotated[str, Meta(max_length=1000)]

    def __repr__(self) -> str:  # the value may be a secret
        return f"FilledField(name={self.name!r}, …)"


class AccountsLookParams(Params, frozen=True, kw_only=True):
    """Ask a service what it holds for an account. Nothing is kept before `accounts.keep`."""

    host: Host  # as the user typed it
    account: Name
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    provider: Annotated[str, Meta(max_length=32)] | UnsetType = UNSET  # absent: recognised
    fields: Annotated[tuple[FilledField, ...], Meta(max_length=8)] = ()

    def __repr__(self) -> str:  # never the password
        return f"AccountsLookParams(host={self.host!r}, …)"


class AccountsLookResult(Result, frozen=True, kw_only=True):
    look: AccountId  # for `accounts.keep` on this connection; forgotten when it closes
    provider: str
    provider_name: str
    host: str
    certificates: tuple[Certificate, ...]


class AccountsKeepParams(Params, frozen=True, kw_only=True):
    look: AccountId


class AccountsKeepResult(Result, frozen=True, kw_only=True):
    account: Account


class AccountsRefreshParams(Params, frozen=True, kw_only=True):
    account: AccountId | UnsetType = UNSET  # absent: all


class AccountsForgetParams(Params, frozen=True, kw_only=True):
    account: AccountId


class AccountsForgetResult(Result, frozen=True, kw_only=True):
    forgotten: bool


# --- notifications -------------------------------------------------------------------------------


class Stage(StrEnum):
    """Where a request stands; sent as `progress` so that no wait is silent."""

    CHECKING = "checking"
    WAITING_FOR_TOKEN = "waiting-for-token"  # noqa: S105 - the device, not a secret
    WAITING_FOR_USER = "waiting-for-user"
    WAITING_FOR_SERVICE = "waiting-for-service"
    WAITING_FOR_CONFIRMATION = "waiting-for-confirmation"  # the service's own: OTP or phone
    SIGNING = "signing"
    TIMESTAMPING = "timestamping"  # and gathering what proves a signature later
    VERIFYING = "verifying"


class Progress(Result, frozen=True, kw_only=True):
    method: ClassVar[str] = "progress"
    request: RequestId
    stage: Stage
    done: int = 0
    total: int = 1


class TokensChanged(Result, frozen=True, kw_only=True):
    method: ClassVar[str] = "tokens.changed"
    tokens: tuple[Token, ...]


class AccountsChanged(Result, frozen=True, kw_only=True):
    method: ClassVar[str] = "accounts.changed"
    accounts: tuple[Account, ...]


def login_message(*, origin: str, nonce: bytes) -> bytes:
    """The bytes that `login` signs: three lines, so no document or CMS can be mistaken for it."""
    return b"OpenKySo login v1\n" + origin.encode() + b"\n" + nonce.hex().encode() + b"\n"
