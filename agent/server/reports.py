"""Reports and trusted certificates, as they travel."""

from agent.certificates import trust
from agent.verifying import report as found
from agent.verifying.words import code_words
from protocol import reports as wire


def report(seen: found.Report, *, language: str) -> wire.Report:
    """With the words of every code in it, in `language`."""
    codes = {
        seen.broken,
        *(code for one in seen.signatures for code in (one.problem, *one.warnings)),
    } - {""}
    return wire.Report(
        name=seen.name,
        kind=seen.kind,
        content=seen.content,
        sha256=seen.sha256,
        size=seen.size,
        checked_at=seen.checked_at,
        verdict=seen.verdict.value,
        broken=seen.broken,
        words={code: code_words(code, language=language) for code in sorted(codes)},
        signatures=tuple(map(_signature, seen.signatures)),
    )


def _signature(seen: found.SignatureReport) -> wire.SignatureFinding:
    return wire.SignatureFinding(
        verdict=seen.verdict.value,
        problem=seen.problem,
        warnings=seen.warnings,
        signer=_party(seen.signer),
        algorithm=seen.algorithm,
        digest=seen.digest,
        covers=seen.covers,
        level=seen.level.value,
        signed_at=seen.signed_at,
        proved=seen.proved,
        time_is_signed=seen.time_is_signed,
        then=seen.then,
        now=seen.now,
        revocation=_revocation(seen.revocation),
        stamp=None if seen.stamp is None else _stamp(seen.stamp),
    )


def _party(seen: found.Party) -> wire.Party:
    return wire.Party(
        certificate=seen.id,
        holder=seen.holder,
        organisation=seen.organisation,
        mst=seen.mst,
        subject=seen.subject,
        issuer=seen.issuer,
        issuer_organisation=seen.issuer_organisation,
        serial=seen.serial,
        not_before=seen.not_before,
        not_after=seen.not_after,
    )


def _revocation(seen: found.RevocationReport) -> wire.RevocationFinding:
    return wire.RevocationFinding(
        status=seen.status.value,
        by="" if seen.by is None else seen.by.value,
        at=seen.at,
        revoked_at=seen.revoked_at,
        embedded=seen.embedded,
    )


def _stamp(seen: found.StampReport) -> wire.StampFinding:
    return wire.StampFinding(at=seen.at, authority=_party(seen.authority), trusted=seen.trusted)


def trusted(certificates: tuple[trust.TrustedCertificate, ...]) -> wire.TrustListResult:
    return wire.TrustListResult(
        certificates=tuple(
            wire.TrustedCertificate(
                id=known.fingerprint,
                kind=known.kind.value,
                source=known.source.value,
                holder=known.holder,
                issuer=known.issuer,
                not_before=known.not_before,
                not_after=known.not_after,
            )
            for known in certificates
        )
    )
