"""May this certificate sign now? One answer out of validity, chain, revocation and usage.

    async with HttpFetcher() as fetcher:
        assessor = Assessor(TrustStore(folder), RevocationChecker(fetcher))
        assessment = await assessor.assess(der, at=now)
        assessment.require_usable()

The order of the questions is the order in which a user can do something about the answers: a
certificate that has expired is expired, whether or not its chain still stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from agent.certificates.chain import NoPath, Paths
from agent.certificates.describe import CertificateDescription, describe
from agent.certificates.revocation import Revocation, RevocationChecker, Status
from agent.certificates.trust import Kind, TrustStore
from agent.errors import UserError
from protocol.messages import CertificateState

#: Subscribers' certificates may be issued for three years (NĐ 23/2025/NĐ-CP); a day is granted for
#: how it is counted. Longer ones exist and work, so this is a warning.
_MAX_YEARS: Final = 3
_GRACE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    description: CertificateDescription
    at: datetime
    state: CertificateState
    #: The error code that forbids signing, or "".
    problem: str = ""
    #: Error codes that do not forbid signing: revocation_unknown, validity_too_long.
    warnings: tuple[str, ...] = ()
    chain: tuple[bytes, ...] = ()  # DER, leaf first, root last; empty without a path
    revocation: Revocation | None = None  # None: not asked, because something else is wrong

    @property
    def evidence(self) -> tuple[bytes, ...]:
        """What was relied on, in DER: the chain above the certificate, OCSP answers and CRLs."""
        answers = self.revocation.evidence if self.revocation else ()
        return (*self.chain[1:], *(one.answer for one in answers))

    def require_usable(self) -> None:
        """Raises UserError certificate_expired, certificate_not_yet_valid, certificate_revoked,
        certificate_untrusted, certificate_unsuitable, no_trusted_roots, revocation_unknown (where
        the policy is so).
        """
        if self.problem:
            raise UserError(self.problem, **self._details())

    def _details(self) -> dict[str, str]:
        match self.problem:
            case "certificate_unsuitable":
                return {"reason": self.description.unsuitable}
            case "certificate_revoked":
                assert self.revocation is not None
                return {"reason": self.revocation.reason}
            case _:
                return {}


class Assessor:
    """The agent's judge of certificates. One per agent: it remembers what responders answered."""

    def __init__(
        self, trust: TrustStore, revocation: RevocationChecker, *, required: bool = False
    ) -> None:
        """`required`: a certificate whose revocation cannot be learnt must not sign."""
        self._trust = trust
        self._revocation = revocation
        self._required = required
        self._paths = Paths()

    def describe(self, der: bytes) -> CertificateDescription:
        """Raises UserError certificate_unsuitable."""
        return describe(der)

    def glance(self, der: bytes, *, at: datetime) -> Assessment:
        """By dates and usage alone: at once, without network or chain.

        Raises UserError certificate_unsuitable.
        """
        description = describe(der)
        found = _by_dates(description, at) or _Finding(CertificateState.UNCHECKED)
        return _assessment(description, at, found)

    async def assess(self, der: bytes, *, at: datetime) -> Assessment:
        """Judge the certificate as of `at`, which is now unless a test says otherwise.

        Raises UserError certificate_unsuitable for what cannot be read as a certificate at all.
        """
        description = describe(der)
        found = _by_dates(description, at) or await self._by_asking(der, at)
        return _assessment(description, at, found)

    async def _by_asking(self, der: bytes, at: datetime) -> "_Finding":
        roots = self._trust.of_kind(Kind.ROOT)
        if not roots:
            return _Finding(CertificateState.UNTRUSTED, "no_trusted_roots")
        try:
            path = await self._paths.find(
                der,
                roots=roots,
                intermediates=self._trust.of_kind(Kind.INTERMEDIATE),
                at=at,
            )
        except NoPath:
            return _Finding(CertificateState.UNTRUSTED, "certificate_untrusted")
        chain = tuple(certificate.dump() for certificate in path.certificates)
        revocation = await self._revocation.check(path, at=at)
        match revocation.status:
            case Status.REVOKED:
                state, problem = CertificateState.REVOKED, "certificate_revoked"
            case Status.UNKNOWN:
                problem = "revocation_unknown" if self._required else ""
                state = CertificateState.UNCHECKED
            case Status.GOOD:
                state, problem = CertificateState.VALID, ""
        return _Finding(state, problem, chain, revocation)


class _Finding(NamedTuple):
    state: CertificateState
    problem: str = ""
    chain: tuple[bytes, ...] = ()
    revocation: Revocation | None = None


def _by_dates(description: CertificateDescription, at: datetime) -> _Finding | None:
    if at < description.not_before:
        return _Finding(CertificateState.NOT_YET_VALID, "certificate_not_yet_valid")
    if at > description.not_after:
        return _Finding(CertificateState.EXPIRED, "certificate_expired")
    return None


def _assessment(description: CertificateDescription, at: datetime, found: _Finding) -> Assessment:
    warnings = []
    if found.state is CertificateState.UNCHECKED and not found.problem:
        warnings.append("revocation_unknown")
    if _validity_too_long(description):
        warnings.append("validity_too_long")
    return Assessment(
        description=description,
        at=at,
        state=found.state,
        # That it cannot sign at all is said before what is the matter with it today.
        problem="certificate_unsuitable" if description.unsuitable else found.problem,
        warnings=tuple(warnings),
        chain=found.chain,
        revocation=found.revocation,
    )


def _validity_too_long(description: CertificateDescription) -> bool:
    start = description.not_before
    # 29 February has no namesake three years on; the grace makes up for the 28th.
    day = min(start.day, 28) if start.month == 2 else start.day  # noqa: PLR2004
    end = start.replace(year=start.year + _MAX_YEARS, day=day)
    return description.not_after > end + _GRACE
