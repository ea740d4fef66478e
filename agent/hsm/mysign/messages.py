"""Requests, and as much of the answers as is read. Bounds are part of the types."""

from typing import Annotated

import msgspec

Short = Annotated[str, msgspec.Meta(max_length=300)]
Blob = Annotated[str, msgspec.Meta(max_length=32 * 1024)]
Number = int | Annotated[str, msgspec.Meta(max_length=20)]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "Client(…)"


class Login(Client, frozen=True, kw_only=True):
    profile_id: str
    user_id: str


class CertificatesRequest(Login, frozen=True, kw_only=True):
    certificates: str = "chain"
    certInfo: bool = True  # noqa: N815 — the service's names
    authInfo: bool = True  # noqa: N815


class Document(msgspec.Struct, frozen=True, kw_only=True):
    document_id: str
    document_name: str  # base64


class SignRequest(Client, frozen=True, kw_only=True, rename={"async_": "async"}):
    credentialID: str  # noqa: N815
    numSignatures: int  # noqa: N815
    documents: tuple[Document, ...]
    hash: tuple[str, ...]  # base64
    hashAlgo: str  # noqa: N815
    signAlgo: str  # noqa: N815
    description: str  # base64
    async_: int


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    transactionId: str  # noqa: N815


class Fault(msgspec.Struct, frozen=True):
    error: int | Short | None = None
    error_description: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    status: Number | None = None


class Token(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1, max_length=16 * 1024)]


class Key(msgspec.Struct, frozen=True):
    status: Short | None = None
    algo: Annotated[tuple[Short, ...], msgspec.Meta(max_length=50)] = ()


class Cert(msgspec.Struct, frozen=True):
    certificates: Annotated[tuple[Blob, ...], msgspec.Meta(max_length=20)] | None = None
    status: Short | None = None


class Info(msgspec.Struct, frozen=True):
    credential_id: Short
    key: Key
    cert: Cert
    multisign: Number | None = None


Infos = Annotated[tuple[Info, ...], msgspec.Meta(max_length=100)]


class Outcome(msgspec.Struct, frozen=True):
    """Of signHash (a transaction, or the signatures at once) and of requests/status."""

    transactionId: Short | None = None  # noqa: N815
    status: Number | None = None
    signatures: (
        Annotated[
            tuple[Annotated[str, msgspec.Meta(max_length=8 * 1024)], ...],
            msgspec.Meta(max_length=200),
        ]
        | None
    ) = None
