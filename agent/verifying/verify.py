"""Verify a signed file: is the content intact, who signed it, did the certificate count, and when.

In this order: the signatures themselves (by their formats, strictly), their time stamps, then each
certificate when it signed and now. A file with several signatures is as good as its worst.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.certificates.chain import CLOCK_TOLERANCE
from agent.certificates.describe import CertificateDescription
from agent.certificates.revocation import Status
from agent.certificates.standing import Standing, Standings
from agent.documents import Document
from agent.errors import DocumentError
from agent.formats.cms import Timestamp, verify_timestamp
from agent.formats.content import digest, size_of
from agent.verifying.files import Signature, SignedFile
from agent.verifying.report import (
    Party,
    Report,
    RevocationReport,
    SignatureReport,
    StampReport,
    Verdict,
)

_MOST_STAMPS: Final = 4  # anybody can add them; each costs a look-up
_WORST_LAST: Final = (Verdict.VALID, Verdict.UNCERTAIN, Verdict.INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToVerify:
    name: str
    octets: Document  # the signed file; of a large one its hashes will do
    file: SignedFile
    content: Document | None = None  # of a detached signature
    content_name: str = ""


async def verify(standings: Standings, asked: ToVerify, *, now: datetime) -> Report:
    """Raises DocumentError document_* for what cannot be read at all; a bad signature is a report.

    Asks the network about certificates whose authorities are believed.
    """
    try:
        found = await asyncio.to_thread(asked.file.signatures, asked.content)
    except DocumentError as error:
        if error.code != "signature_invalid":
            raise
        return _report(asked, Verdict.INVALID, broken=str(error.details["reason"]))
    signatures = tuple([await _judged(standings, one, now=now) for one in found])
    worst = max((one.verdict for one in signatures), key=_WORST_LAST.index)
    return _report(asked, worst, signatures=signatures)


def unreadable(name: str, octets: Document, error: DocumentError) -> Report:
    """Of a file that is no signed file, or none that can be read."""
    return Report(
        name=name,
        kind="",
        content="",
        sha256=digest(octets, "sha256").hex(),
        size=size_of(octets),
        verdict=Verdict.INVALID,
        broken=str(error.details.get("reason", error.code)),
    )


async def _judged(standings: Standings, signature: Signature, *, now: datetime) -> SignatureReport:
    stamps = [await _stamp(standings, signature, token, now=now) for token in _tokens(signature)]
    proofs = [stamp for stamp in stamps if stamp is not None and stamp.trusted]
    proof = min(proofs, key=lambda stamp: stamp.at, default=None)
    claimed = signature.claimed_time
    signed_at = proof.at if proof else claimed
    standing = await standings.at_signing(
        signature.certificate,
        signed_at=signed_at or now,
        proved=proof is not None,
        now=now,
        hints=signature.embedded,
    )
    warnings = [*signature.warnings, *standing.warnings]
    if len(proofs) < len(signature.timestamps):
        warnings.append("timestamp_not_relied_on")
    if claimed is not None and claimed > (proof.at if proof else now) + CLOCK_TOLERANCE:
        warnings.append("signing_time_later_than_possible")
    return SignatureReport(
        verdict=_verdict(standing.problem, warnings),
        problem=standing.problem,
        warnings=tuple(warnings),
        signer=_party(standing.description),
        algorithm=signature.algorithm,
        digest=signature.digest.hex(),
        signed_at=signed_at,
        proved=proof is not None,
        time_is_signed=signature.time_is_signed,
        then=standing.then,
        now=standing.now,
        revocation=_revocation(standing),
        stamp=proof or next((stamp for stamp in stamps if stamp is not None), None),
        covers=signature.covers,
    )


def _tokens(signature: Signature) -> tuple[bytes, ...]:
    return signature.timestamps[:_MOST_STAMPS]


async def _stamp(
    standings: Standings, signature: Signature, token: bytes, *, now: datetime
) -> StampReport | None:
    """None for a token that says nothing about this signature."""
    try:
        stamp: Timestamp = await asyncio.to_thread(verify_timestamp, token, stamped=signature.value)
    except DocumentError:
        return None
    standing = await standings.at_signing(
        stamp.certificate, signed_at=stamp.at, proved=True, now=now, hints=stamp.embedded
    )
    doubtful = standing.problem or standing.warnings or stamp.at > now + CLOCK_TOLERANCE
    authority = _party(standing.description)
    return StampReport(at=stamp.at, authority=authority, trusted=not doubtful)


def _verdict(problem: str, warnings: list[str]) -> Verdict:
    if problem:
        return Verdict.INVALID
    return Verdict.UNCERTAIN if warnings else Verdict.VALID


def _party(described: CertificateDescription) -> Party:
    return Party(
        holder=described.holder,
        mst=described.mst,
        subject=described.subject,
        issuer=described.issuer,
        serial=described.serial,
        not_before=described.not_before,
        not_after=described.not_after,
        certificate=described.der,
    )


def _revocation(standing: Standing) -> RevocationReport:
    known = standing.revocation
    if known is None:
        return RevocationReport(status=Status.UNKNOWN)
    own = next((e for e in known.evidence if e.certificate == standing.description.id), None)
    return RevocationReport(
        status=known.status,
        by=own.kind if own else None,
        at=own.obtained_at if own else None,
        revoked_at=known.revoked_at,
    )


def _report(
    asked: ToVerify,
    verdict: Verdict,
    *,
    broken: str = "",
    signatures: tuple[SignatureReport, ...] = (),
) -> Report:
    return Report(
        name=asked.name,
        kind=asked.file.kind,
        content=asked.content_name,
        sha256=digest(asked.octets, "sha256").hex(),
        size=size_of(asked.octets),
        verdict=verdict,
        broken=broken,
        signatures=signatures,
    )
