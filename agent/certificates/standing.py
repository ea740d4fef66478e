"""Was a certificate good when it signed, and is it now? For those who look at a signature later.

    standings = Standings(TrustStore(folder), RevocationChecker(fetcher))
    found = await standings.at_signing(der, signed_at=moment, proved=False, now=now, hints=embedded)
    found.problem or found.warnings

A time that only the signer says is a claim. It is enough while the certificate is good today; once
it has expired or been revoked, only a time stamp tells whether the signature is older than that.

What others put beside a signature (`hints`) helps to find a path to a root; it is never believed,
and its addresses are asked only when the path has been found.
"""

from dataclasses import dataclass
from datetime import datetime

from agent.certificates.chain import CLOCK_TOLERANCE, NoPath, Path, find_path
from agent.certificates.describe import CertificateDescription, describe, read
from agent.certificates.issuers import issuers
from agent.certificates.revocation import Revocation, RevocationChecker, Status
from agent.certificates.trust import Kind, TrustStore
from protocol.messages import CertificateState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    description: CertificateDescription
    then: CertificateState  # when it signed
    now: CertificateState
    #: The error code because of which the signature does not count, or "".
    problem: str = ""
    #: Error codes of what could not be established: no_trusted_roots, revocation_unknown,
    #: signing_time_unproved.
    warnings: tuple[str, ...] = ()
    chain: tuple[bytes, ...] = ()  # DER, leaf first, root last; empty without a path
    revocation: Revocation | None = None  # None: not asked


class Standings:
    def __init__(self, trust: TrustStore, revocation: RevocationChecker) -> None:
        self._trust = trust
        self._revocation = revocation

    async def at_signing(
        self,
        der: bytes,
        *,
        signed_at: datetime,
        proved: bool,
        now: datetime,
        hints: tuple[bytes, ...] = (),
    ) -> Standing:
        """`proved`: a trusted time stamp says `signed_at`, not the signer.

        Raises UserError certificate_unsuitable for what cannot be read as a certificate at all.
        """
        description = describe(der)
        today = _by_dates(description, now)
        then = _by_dates(description, signed_at)
        if then is not CertificateState.VALID:
            problem = f"certificate_{then.value.replace('-', '_')}"
            return Standing(description=description, then=then, now=today, problem=problem)
        if description.unsuitable:
            return Standing(
                description=description, then=then, now=today, problem="certificate_unsuitable"
            )
        roots = self._trust.of_kind(Kind.ROOT)
        if not roots:
            unknown = CertificateState.UNCHECKED
            warnings = ("no_trusted_roots",)
            return Standing(description=description, then=unknown, now=unknown, warnings=warnings)
        try:
            path = await self._path(der, roots=roots, hints=hints, at=signed_at)
        except NoPath:
            return Standing(
                description=description,
                then=CertificateState.UNTRUSTED,
                now=CertificateState.UNTRUSTED,
                problem="certificate_untrusted",
            )
        revocation = await self._revocation.check(path, at=now)
        return _standing(description, path, revocation, today, signed_at=signed_at, proved=proved)

    async def _path(
        self, der: bytes, *, roots: list[bytes], hints: tuple[bytes, ...], at: datetime
    ) -> Path:
        # Of the hints only those that did issue it: many certificates of the same names would make
        # the search for a path a long work.
        helpful = issuers(der, hints)
        return await find_path(
            read(der),
            roots=roots,
            intermediates=[*self._trust.of_kind(Kind.INTERMEDIATE), *helpful],
            at=at,
        )


def _by_dates(description: CertificateDescription, at: datetime) -> CertificateState:
    if at < description.not_before - CLOCK_TOLERANCE:
        return CertificateState.NOT_YET_VALID
    if at > description.not_after:
        return CertificateState.EXPIRED
    return CertificateState.VALID


def _standing(
    description: CertificateDescription,
    path: Path,
    revocation: Revocation,
    today: CertificateState,
    *,
    signed_at: datetime,
    proved: bool,
) -> Standing:
    """With a path and what is known of revocation."""
    then, problem, warnings = CertificateState.VALID, "", []
    match revocation.status:
        case Status.REVOKED:
            today = CertificateState.REVOKED
            if revocation.revoked_at is None or revocation.revoked_at <= signed_at:
                then, problem = CertificateState.REVOKED, "certificate_revoked"
        case Status.UNKNOWN:
            then = CertificateState.UNCHECKED
            if today is CertificateState.VALID:
                today = CertificateState.UNCHECKED
            warnings.append("revocation_unknown")
        case Status.GOOD:
            pass
    past = (CertificateState.EXPIRED, CertificateState.REVOKED)
    if not problem and today in past and not proved:
        warnings.append("signing_time_unproved")
    return Standing(
        description=description,
        then=then,
        now=today,
        problem=problem,
        warnings=tuple(warnings),
        chain=tuple(certificate.dump() for certificate in path.certificates),
        revocation=revocation,
    )
