"""Requests, and as much of the answers as is read. Bounds are part of the types."""

from typing import Annotated

import msgspec

Short = Annotated[str, msgspec.Meta(max_length=200)]
Message = Annotated[str, msgspec.Meta(max_length=1000)]
Blob = Annotated[str, msgspec.Meta(max_length=32 * 1024)]
Code = int | Annotated[str, msgspec.Meta(max_length=10)]


class Caller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    sp_id: str
    sp_password: str
    user_id: str
    ca_name: str | None = None

    def __repr__(self) -> str:
        return "Caller(…)"


class CertificatesRequest(Caller, frozen=True, kw_only=True, omit_defaults=True):
    transaction_id: str


class SignFile(msgspec.Struct, frozen=True, kw_only=True):
    data_to_be_signed: str
    doc_id: str
    file_type: str
    sign_type: str = "hash"


class SignRequest(Caller, frozen=True, kw_only=True, omit_defaults=True):
    transaction_id: str
    transaction_desc: str
    serial_number: str
    time_stamp: str  # yyyyMMddHHmmssZ
    sign_files: tuple[SignFile, ...]


class Head(msgspec.Struct, frozen=True):
    """What every answer tells; `data` is read by those who know what it should be."""

    status_code: Code | None = None
    message: Message | None = None


class Chain(msgspec.Struct, frozen=True):
    ca_cert: Blob | None = None
    root_cert: Blob | None = None


class UserCertificate(msgspec.Struct, frozen=True):
    cert_data: Blob
    serial_number: Short = ""
    cert_id: Short | None = None
    cert_status: Short | None = None
    chain_data: Chain | None = None


class Certificates(msgspec.Struct, frozen=True):
    user_certificates: (
        Annotated[tuple[UserCertificate, ...], msgspec.Meta(max_length=100)] | None
    ) = None


class CertificatesReply(msgspec.Struct, frozen=True):
    data: Certificates | None = None


class Signed(msgspec.Struct, frozen=True):
    doc_id: Short
    signature_value: Annotated[str, msgspec.Meta(max_length=8 * 1024)]


_Many = Annotated[tuple[Signed, ...], msgspec.Meta(max_length=200)]


class Outcome(msgspec.Struct, frozen=True):
    """SmartCA calls them signatures, the gateway signed_files; neither is there before the end."""

    transaction_id: Short | None = None
    signatures: _Many | None = None
    signed_files: _Many | None = None


class SignReply(msgspec.Struct, frozen=True):
    data: Outcome | None = None
