"""What was found of a signed file, as data: for a terminal, a window, a script.

Nothing in it is to be believed more than its `verdict` says.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.certificates.revocation import AnswerKind, Status
from protocol.messages import CertificateState


class Verdict(StrEnum):
    VALID = "valid"  # all that is asked holds
    UNCERTAIN = "uncertain"  # the signature is right, but something could not be established
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The holder of a certificate, by what the certificate says."""

    holder: str
    mst: tuple[str, ...]  # canonical
    subject: str  # RFC 4514
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    certificate: bytes = field(repr=False)  # DER


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationReport:
    status: Status
    #: How it was learnt, and when; None if it could not be.
    by: AnswerKind | None = None
    at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StampReport:
    """A time stamp that is of this signature."""

    at: datetime
    authority: Party
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    verdict: Verdict
    problem: str  # the code why it is invalid, or ""
    warnings: tuple[str, ...]  # codes of what could not be established
    signer: Party
    algorithm: str
    digest: str  # hex, of what is signed
    signed_at: datetime | None
    proved: bool  # a trusted time stamp says `signed_at`; else the signer does
    time_is_signed: bool  # else anybody can have written the time that is claimed
    then: CertificateState  # of the certificate, when it signed
    now: CertificateState
    revocation: RevocationReport
    stamp: StampReport | None
    covers: str = ""  # the names of the files that it is of, where there could be others


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    name: str
    kind: str  # "xml", "cms", "jws", "pdf", "asic", or "" if it is none of them
    content: str  # the name of the file that is signed, if that is another one
    sha256: str  # hex, of the signed file as it is
    size: int  # bytes
    verdict: Verdict  # the worst of the signatures'
    #: Why the content is not intact, or no signature can be read: a reason of the format; or "".
    broken: str
    signatures: tuple[SignatureReport, ...] = ()
