"""Which certificates there are for a request, and of each why it will or will not do.

    Wanted.objection      not what was asked for: mst_mismatch, no_certificate
    Candidate.refusal     nobody may sign with it: expired, not yet valid, revoked, untrusted

A certificate whose revocation cannot be learnt is not refused; the user is shown the warning.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agent.consent.prompts import CertificateFacts
from agent.errors import UserError
from agent.keys import CertificateId, KeyCertificate, ServiceCertificate, TokenCertificate
from agent.signing.desk import Assessment, Desk, Summary
from protocol.identity import printed_mst

_log: Final = logging.getLogger(__name__)

#: Where a key is.
Place = Literal["token", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    certificate: KeyCertificate
    summary: Summary
    assessment: Assessment

    @property
    def place(self) -> Place:
        return "token" if isinstance(self.certificate, TokenCertificate) else "service"

    @property
    def refusal(self) -> UserError | None:
        """Why it cannot sign, if so."""
        try:
            self.assessment.require_usable()
        except UserError as refusal:
            return refusal
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the page asked for. A parent company's MST is not its branch's: digits must be equal."""

    id: CertificateId | None = None
    mst: str | None = None  # canonical
    place: Place | None = None  # None: wherever the key is
    issuer: str | None = None  # part of the issuer's name
    valid_now: bool = True

    def objection(self, candidate: Candidate) -> UserError | None:
        """Why the candidate will not do for this request, if so."""
        summary = candidate.summary
        if self.id is not None and candidate.certificate.id != self.id:
            return UserError("no_certificate")
        if self.place is not None and candidate.place != self.place:
            return UserError("no_certificate")
        if self.mst is not None and self.mst not in summary.mst:
            return mst_mismatch(summary.mst, expected=self.mst)
        if self.issuer is not None and self.issuer.casefold() not in summary.issuer.casefold():
            return UserError("no_certificate")
        return candidate.refusal if self.valid_now else None


def mst_mismatch(found: tuple[str, ...], *, expected: str) -> UserError:
    """Names both numbers, as people write them. Without any number there is nothing to name."""
    if not found:
        return UserError("no_certificate")
    return UserError(
        "mst_mismatch",
        found=", ".join(map(printed_mst, found)),
        expected=printed_mst(expected),
    )


def at_a_glance(desk: Desk) -> tuple[Candidate, ...]:
    """All certificates present, judged by their dates alone: at once, without the network.

    What a token calls a certificate and cannot be read as one is left out.
    """
    return tuple(_readable(desk, (*desk.tokens.certificates(), *desk.services.certificates())))


async def judged(desk: Desk, certificates: Iterable[KeyCertificate]) -> tuple[Candidate, ...]:
    """These, in full; what cannot be read as a certificate is left out."""
    return await all_assessed(desk, tuple(_readable(desk, certificates)))


def _readable(desk: Desk, certificates: Iterable[KeyCertificate]) -> Iterator[Candidate]:
    now = desk.now()
    for certificate in certificates:
        try:
            yield Candidate(
                certificate=certificate,
                summary=desk.judge.describe(certificate.der),
                assessment=desk.judge.glance(certificate.der, at=now),
            )
        except UserError as error:
            _log.warning("certificate %s left out: %s", certificate.id, error.code)


async def assessed(desk: Desk, candidate: Candidate) -> Candidate:
    """The same with chain and revocation checked."""
    assessment = await desk.judge.assess(candidate.certificate.der, at=desk.now())
    return Candidate(
        certificate=candidate.certificate, summary=candidate.summary, assessment=assessment
    )


async def all_assessed(desk: Desk, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    return tuple(await asyncio.gather(*(assessed(desk, candidate) for candidate in candidates)))


def facts(candidate: Candidate, wanted: Wanted | None = None) -> CertificateFacts:
    """The candidate as a window shows it; with `wanted`, whether it can be chosen, and why not."""
    objection = wanted.objection(candidate) if wanted is not None else None
    summary, held = candidate.summary, candidate.certificate
    return CertificateFacts(
        id=candidate.certificate.id,
        holder=summary.holder,
        mst=summary.mst,
        issuer=summary.issuer,
        serial=summary.serial,
        not_before=summary.not_before,
        not_after=summary.not_after,
        state=candidate.assessment.state.value,
        warnings=candidate.assessment.warnings,
        token=held.token if isinstance(held, TokenCertificate) else None,
        service=held.service if isinstance(held, ServiceCertificate) else None,
        usable=objection is None,
        why_not=objection.code if objection else "",
        why_not_details=dict(objection.details) if objection else {},
    )
