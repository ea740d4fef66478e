"""A desk for use cases: tokens and user in memory, a judge by table, a journal in a directory.

desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser(Approve()))
errand, stages = traced_errand()
await sign(desk, errand, …)
assert stages == […]
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_der_x509_certificate

from agent.consent.prompts import Asker
from agent.documents import Description
from agent.errors import DocumentError, InternalError, UserError
from agent.hsm.api import Services
from agent.hsm.nothing import NoServices
from agent.journal import Journal
from agent.keys import Mechanism
from agent.signing.desk import Desk, Errand
from protocol import identity
from protocol.messages import CertificateState, Stage
from tests.support.prompts import ScriptedUser
from tests.support.tokens import Card, MemoryTokens

ORIGIN = "https://their.app"


@dataclass(frozen=True, kw_only=True)
class Told:
    holder: str
    mst: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key: str = "RSA-2048"


PROBLEMS = {
    CertificateState.EXPIRED: "certificate_expired",
    CertificateState.NOT_YET_VALID: "certificate_not_yet_valid",
    CertificateState.REVOKED: "certificate_revoked",
    CertificateState.UNTRUSTED: "certificate_untrusted",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    state: CertificateState
    warnings: tuple[str, ...] = ()
    evidence: tuple[bytes, ...] = (b"chain",)

    def require_usable(self) -> None:
        if self.state in PROBLEMS:
            raise UserError(PROBLEMS[self.state])


@dataclass
class TableJudge:
    """Judges by dates, and by what the test says of single cards."""

    said: dict[str, Verdict] = field(default_factory=dict)
    assessed: list[str] = field(default_factory=list)

    def say(self, card: Card, state: CertificateState, *warnings: str) -> None:
        self.said[card.id] = Verdict(state=state, warnings=warnings)

    def describe(self, certificate: bytes, /) -> Told:
        if certificate == b"garbage":
            raise UserError("certificate_unsuitable")
        parsed = x509.Certificate.load(certificate)
        return Told(
            holder=parsed.subject.native["common_name"],
            mst=identity.msts(parsed),
            subject=parsed.subject.human_friendly,
            issuer=parsed.issuer.native["common_name"],
            serial=f"{parsed.serial_number:X}",
            not_before=parsed.not_valid_before,
            not_after=parsed.not_valid_after,
        )

    def glance(self, certificate: bytes, /, *, at: datetime) -> Verdict:
        told = self.describe(certificate)
        if at > told.not_after:
            return Verdict(state=CertificateState.EXPIRED)
        if at < told.not_before:
            return Verdict(state=CertificateState.NOT_YET_VALID)
        return Verdict(state=CertificateState.UNCHECKED)

    async def assess(self, certificate: bytes, /, *, at: datetime) -> Verdict:
        identifier = hashlib.sha256(certificate).hexdigest()
        self.assessed.append(identifier)
        glanced = self.glance(certificate, at=at)
        if glanced.state is not CertificateState.UNCHECKED:
            return glanced
        return self.said.get(identifier, Verdict(state=CertificateState.VALID))


@dataclass(frozen=True)
class _Prepared:
    document: bytes
    certificate: bytes
    mechanism: Mechanism = Mechanism.RSA_PKCS1_SHA256

    @property
    def description(self) -> Description:
        return Description(
            kind="xml",
            sha256=hashlib.sha256(self.document).hexdigest(),
            size=len(self.document),
            preview=self.document.decode(),
            preview_cut=False,
        )

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document).digest()

    @property
    def message(self) -> bytes:
        return self.document

    def complete(self, signature: bytes) -> bytes:
        key = load_der_x509_certificate(self.certificate).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            key.verify(signature, self.document, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise InternalError("self_check_failed") from None
        return self.document + b"|" + signature


class AppendingFormat:
    """The smallest format there is: the document, a bar, the signature over it."""

    def prepare(self, document: bytes, *, certificate: bytes, signing_time: datetime) -> _Prepared:
        if b"<!DOCTYPE" in document:
            raise DocumentError("document_has_dtd")
        return _Prepared(document=document, certificate=certificate)


def desk_with(
    directory: Path,
    *,
    tokens: MemoryTokens,
    user: ScriptedUser,
    services: Services | None = None,
    judge: TableJudge | None = None,
    waiting_seconds: float = 5.0,
) -> Desk:
    return Desk(
        tokens=tokens,
        services=services or NoServices(),
        prompts=user,
        judge=judge or TableJudge(),
        formats=lambda: {"test": AppendingFormat()},
        profiles=("test",),
        journal=Journal(directory / "journal"),
        waiting_seconds=waiting_seconds,
    )


def traced_errand(origin: str = ORIGIN) -> tuple[Errand, list[Stage]]:
    """An errand, and the list in which it notes the stages it is told."""
    stages: list[Stage] = []

    async def progress(stage: Stage) -> None:
        stages.append(stage)

    return Errand(asker=Asker(origin=origin, client="Test"), progress=progress), stages
