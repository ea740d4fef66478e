"""Messages that are the same in both versions. Sections are those of v2.0.0.2; v1.0.4.0 numbers
them alike up to 11.6.
"""

from typing import Annotated

from msgspec import Meta, field

from agent.hsm.csc.naming import Message, Reply, Request

#: Bearer tokens go into a header: printable ASCII and nothing else (RFC 6750 §2.1).
Token = Annotated[str, Meta(max_length=16384, pattern=r"\A[\x21-\x7e]+\Z")]
Opaque = Annotated[str, Meta(min_length=1, max_length=65536)]  # handed back as it came
Id = Annotated[str, Meta(min_length=1, max_length=1024)]
Word = Annotated[str, Meta(max_length=1024)]
Base64 = Annotated[str, Meta(max_length=262144)]
Count = int | str  # a number; seen as its digits in a string, too


class InfoRequest(Request, frozen=True, kw_only=True):
    """11.1. No `lang`: we read error descriptions in the specification's own language."""


class Info(Reply, frozen=True, kw_only=True):
    """11.1. Optional: whatever a service has forgotten and we can do without."""

    specs: Word
    name: Word = ""
    auth_type: Annotated[tuple[Word, ...], Meta(max_length=32)] = ()
    oauth2: Word | None = None
    oauth2_issuer: Word | None = None
    methods: Annotated[tuple[Word, ...], Meta(max_length=256)] = ()
    asynchronous_operation_mode: bool | None = None


class LoginRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """11.2. `rememberMe` is never asked for: a long-lived token is one more secret to lose."""

    refresh_token: str | None = None


class TokenReply(Message, frozen=True, kw_only=True):
    """11.2 and oauth2/token (RFC 6749 §5.1)."""

    access_token: Token
    refresh_token: Token | None = None
    expires_in: int | float | str | None = None


class ServerMetadata(Message, frozen=True, kw_only=True):
    """RFC 8414 §2, as far as it concerns us."""

    issuer: Word
    token_endpoint: Word


class RevokeRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """11.3."""

    token: str
    token_type_hint: str = ""


class CredentialRequest(Request, frozen=True, kw_only=True):
    """credentials/sendOTP, and whatever else needs no more than to name the credential."""

    credential_id: str


class Granted(Reply, frozen=True, kw_only=True):
    """11.6 and 11.7: a SAD, or (202) the handle to ask about it."""

    sad: Opaque | None = None
    handle: Opaque | None = None


class Signed(Reply, frozen=True, kw_only=True):
    """11.10 and 11.12: signatures, or the name of the answer to come."""

    signatures: Annotated[tuple[Base64, ...], Meta(max_length=4096)] | None = None
    response_id: Opaque | None = None


class TimestampRequest(Request, frozen=True, kw_only=True):
    """11.13, where even v2 keeps v1's names."""

    hash: str
    hash_algo: str
    nonce: str


class TimestampReply(Reply, frozen=True, kw_only=True):
    timestamp: Base64


class Fault(Message, frozen=True, kw_only=True):
    """10.2. A stranger's texts: compared with the table, never shown or written down."""

    error: str = ""
    error_description: str = ""


class Key(Reply, frozen=True, kw_only=True):
    """11.5. Length and curve are the certificate's to tell."""

    status: Word = ""
    algo: Annotated[tuple[Word, ...], Meta(max_length=64)] = ()


class Cert(Reply, frozen=True, kw_only=True):
    status: Word | None = None
    certificates: Annotated[tuple[Base64, ...], Meta(max_length=32)] = ()


class Page(Reply, frozen=True, kw_only=True):
    """What of 11.4 both versions answer."""

    credential_ids: Annotated[tuple[Id, ...], Meta(max_length=1024)] = field(name="credentialIDs")
    next_page_token: Word | None = None
