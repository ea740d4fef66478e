"""Reports and trusted certificates, as they travel."""

from collections.abc import Iterator

from agent.certificates import trust
from agent.verifying import report as found
from agent.verifying.words import problem_words, reason_words, warning_words
from protocol import reports as wire


def report(seen: found.Report, *, language: str) -> wire.Report:
    """With the words of every code in it, in `language`."""
    return wire.Report(
        name=seen.name,
        kind=seen.kind,
        content=seen.content,
        sha256=seen.sha256,
        size=seen.size,
        checked_at=seen.checked_at,
        verdict=seen.verdict.value,
        broken=seen.broken,
        words=dict(_words(seen, language)),
        signatures=tuple(map(_signature, seen.signatures)),
    )


def _words(seen: found.Report, language: str) -> Iterator[tuple[str, str]]:
    if seen.broken:
        yield seen.broken, reason_words(seen.broken, language=language)
    for one in seen.signatures:
        for code in one.warnings:
            yield code, warning_words(code, language=language)
    for one in seen.signatures:
        if one.problem:  # says more than a warning of the same name
            yield one.problem, problem_words(one.problem, language=language)


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
