"""Was a certificate good when it signed, and is it now? For those who look at a signature later.

    standings = Standings(TrustStore(folder), RevocationChecker(fetcher))
    found = await standings.at_signing(der, signed_at=moment, proved=False, now=now, hints=embedded)
    found.problem or found.warnings

A time that only the signer says is a claim. It is enough while the certificate is good today; once
it has expired or been revoked, only a time stamp tells whether the signature is older than that.

What others put beside a signature (`beside`) helps to find a path to a root; it is never believed,
and its addresses are asked only when the path has been found. Revocation answers beside it count
for the time when it signed if a time stamp proves that time (`embedded`).

Revocation is asked of the network and of what is beside the signature. Where neither says anything,
that is a warning, or a problem: the policy decides.
"""

from dataclasses import dataclass, field
from datetime import datetime

from agent.certificates.chain import CLOCK_TOLERANCE, NoPath, Path, find_path
from agent.certificates.describe import CertificateDescription, describe, read
from agent.certificates.embedded import by_answers_beside
from agent.certificates.issuers import issuers
from agent.certificates.revocation import Revocation, RevocationChecker, Status
from agent.certificates.trust import Kind, TrustStore
from protocol.messages import CertificateState


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was found beside a signature, all in DER and all a stranger's."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)


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
    #: What came with the signature says that it was good when it signed.
    embedded: Revocation | None = None


class Standings:
    def __init__(
        self, trust: TrustStore, revocation: RevocationChecker, *, required: bool = False
    ) -> None:
        """`required`: no signature counts whose certificate's revocation cannot be learnt."""
        self._trust = trust
        self._revocation = revocation
        self._required = required

    async def at_signing(
        self,
        der: bytes,
        *,
        signed_at: datetime,
        proved: bool,
        now: datetime,
        beside: Beside = Beside(),
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
            path = await self._path(der, roots=roots, hints=beside.certificates, at=signed_at)
        except NoPath:
            return Standing(
                description=description,
                then=CertificateState.UNTRUSTED,
                now=CertificateState.UNTRUSTED,
                problem="certificate_untrusted",
            )
        asked = await self._revocation.check(path, at=now)
        embedded = await by_answers_beside(
            path,
            ocsp_responses=beside.ocsp_responses,
            crls=beside.crls,
            signed_at=signed_at,
            now=now,
        )
        return _standing(
            _Known(description, path, asked, embedded),
            today,
            signed_at=signed_at,
            proved=proved,
            required=self._required,
        )

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


@dataclass(frozen=True, slots=True)
class _Known:
    description: CertificateDescription
    path: Path
    asked: Revocation
    embedded: Revocation


def _standing(
    known: _Known, today: CertificateState, *, signed_at: datetime, proved: bool, required: bool
) -> Standing:
    """With a path and what is known of revocation."""
    then, problem, warnings = CertificateState.VALID, "", []
    # Only with a proved time can an answer be of that time.
    good_then = proved and known.embedded.status is Status.GOOD
    for revocation in (known.asked, known.embedded):
        if revocation.status is not Status.REVOKED:
            continue
        today = CertificateState.REVOKED
        if revocation.revoked_at is None or revocation.revoked_at <= signed_at:
            then, problem = CertificateState.REVOKED, "certificate_revoked"
    if known.asked.status is Status.UNKNOWN and today is CertificateState.VALID:
        today = CertificateState.UNCHECKED
    unknown = known.asked.status is Status.UNKNOWN and known.embedded.status is not Status.REVOKED
    if unknown and not good_then:
        then = CertificateState.UNCHECKED
        if required:
            problem = "revocation_unknown"
        else:
            warnings.append("revocation_unknown")
    past = (CertificateState.EXPIRED, CertificateState.REVOKED)
    if not problem and today in past and not proved:
        warnings.append("signing_time_unproved")
    return Standing(
        description=known.description,
        then=then,
        now=today,
        problem=problem,
        warnings=tuple(warnings),
        chain=tuple(certificate.dump() for certificate in known.path.certificates),
        revocation=known.asked,
        embedded=known.embedded if good_then else None,
    )
