"""What is found of a signed file, and whom this machine believes (SPEC 5).

The fields are those of TT 15/2025/TT-BKHCN, Điều 6.4, and what support needs beside them. Nothing
in a report is to be believed more than its `verdict` says.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from protocol.documents import Source
from protocol.limits import MAX_TRUST_BYTES
from protocol.messages import CertificateId, CertificateState, Name, Params, Result

Verdict = Literal["valid", "uncertain", "invalid"]


class VerifyParams(Params, frozen=True, kw_only=True):
    source: Source  # the signed file
    name: Name
    content: Source | UnsetType = UNSET  # what a detached signature is of
    content_name: Name | UnsetType = UNSET


class Party(Result, frozen=True, kw_only=True):
    """The holder of a certificate, by what the certificate says."""

    certificate: CertificateId
    holder: str
    organisation: str  # the holder's, or ""
    mst: tuple[str, ...]  # canonical
    subject: str  # RFC 4514
    issuer: str
    issuer_organisation: str  # who manages the certificate, or ""
    serial: str
    not_before: datetime
    not_after: datetime


class RevocationFinding(Result, frozen=True, kw_only=True):
    status: Literal["good", "revoked", "unknown"]
    by: Literal["ocsp", "crl", ""]  # how it was learnt
    at: datetime | None  # when it was
    revoked_at: datetime | None
    #: With a proved time, what came with the signature says that it was good then.
    embedded: bool


class StampFinding(Result, frozen=True, kw_only=True):
    """A time stamp that is of this signature."""

    at: datetime
    authority: Party
    trusted: bool


class SignatureFinding(Result, frozen=True, kw_only=True):
    verdict: Verdict
    problem: str  # the error code why it is invalid, or ""
    warnings: tuple[str, ...]  # codes of what could not be established
    signer: Party
    algorithm: str
    digest: str  # hex, of what is signed
    covers: str  # "whole-file", "document", "content", "revision", "element:Id" …; or ""
    level: Literal["B-B", "B-T", "B-LT", "B-LTA"]  # by what is there and holds
    signed_at: datetime | None
    proved: bool  # a trusted time stamp says `signed_at`; else the signer does
    time_is_signed: bool  # else anybody can have written the time that is claimed
    then: CertificateState  # of the certificate, when it signed
    now: CertificateState
    revocation: RevocationFinding
    stamp: StampFinding | None


class Report(Result, frozen=True, kw_only=True):
    name: str
    kind: str  # "xml", "cms", "jws", "pdf", "asic", or "" if it is none of them
    content: str  # the name of the file that is signed, if that is another one
    sha256: str  # hex, of the signed file as it is
    size: int  # bytes
    checked_at: datetime
    verdict: Verdict  # the worst of the signatures'
    #: Why the content is not intact, or no signature can be read: a reason; or "".
    broken: str
    #: `broken`, problems and warnings in the language of the connection, by their codes.
    words: dict[str, str]
    signatures: tuple[SignatureFinding, ...]


class VerifyResult(Result, frozen=True, kw_only=True):
    report: Report


class TrustedCertificate(Result, frozen=True, kw_only=True):
    id: CertificateId
    kind: Literal["root", "intermediate"]
    source: Literal["administrator", "user"]  # the administrator's cannot be removed here
    holder: str
    issuer: str
    not_before: datetime
    not_after: datetime


class TrustListResult(Result, frozen=True, kw_only=True):
    certificates: tuple[TrustedCertificate, ...]


class TrustAddParams(Params, frozen=True, kw_only=True):
    """PEM, DER or PKCS#7; all that are in it are believed, or none."""

    certificates: Annotated[bytes, Meta(min_length=1, max_length=MAX_TRUST_BYTES)]


class TrustRemoveParams(Params, frozen=True, kw_only=True):
    certificate: CertificateId


class TrustRemoveResult(Result, frozen=True, kw_only=True):
    removed: bool  # False: it was not the user's
