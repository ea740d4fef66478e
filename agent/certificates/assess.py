"""May this certificate sign now? One answer out of validity, chain, revocation and usage.

    assessor = Assessor(trust_store, RevocationChecker(fetcher))
    assessment = await assessor.assess(der, at=now)
    assessment.require_usable()

The order of the questions is the order in which a user can do something about the answers: a
certificate that has expired is expired, whether or not its chain still stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.certificates.chain import NoPath, find_path
from agent.certificates.describe import CertificateDescription, describe, read
from agent.certificates.revocation import Evidence, Revocation, RevocationChecker, Status
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
    def evidence(self) -> tuple[Evidence, ...]:
        return self.revocation.evidence if self.revocation else ()

    def require_usable(self) -> None:
        """Raises UserError certificate_expired, certificate_not_yet_valid, certificate_revoked,
        certificate_untrusted, certificate_unsuitable, no_trusted_roots.
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
    def __init__(self, trust: TrustStore, revocation: RevocationChecker) -> None:
        self._trust = trust
        self._revocation = revocation

    async def assess(self, der: bytes, *, at: datetime) -> Assessment:
        """Judge the certificate as of `at`, which is now unless a test says otherwise.

        Raises UserError certificate_unsuitable for what cannot be read as a certificate at all.
        """
        description = describe(der)
        warnings = ("validity_too_long",) if _validity_too_long(description) else ()

        def answer(
            state: CertificateState,
            problem: str = "",
            *,
            chain: tuple[bytes, ...] = (),
            revocation: Revocation | None = None,
        ) -> Assessment:
            unknown = revocation is not None and revocation.status is Status.UNKNOWN
            return Assessment(
                description=description,
                at=at,
                state=state,
                # That it cannot sign at all is said before what is the matter with it today.
                problem="certificate_unsuitable" if description.unsuitable else problem,
                warnings=("revocation_unknown", *warnings) if unknown else warnings,
                chain=chain,
                revocation=revocation,
            )

        if at < description.not_before:
            return answer(CertificateState.NOT_YET_VALID, "certificate_not_yet_valid")
        if at > description.not_after:
            return answer(CertificateState.EXPIRED, "certificate_expired")
        roots = self._trust.of_kind(Kind.ROOT)
        if not roots:
            return answer(CertificateState.UNTRUSTED, "no_trusted_roots")
        try:
            path = await find_path(
                read(der),
                roots=roots,
                intermediates=self._trust.of_kind(Kind.INTERMEDIATE),
                at=at,
            )
        except NoPath:
            return answer(CertificateState.UNTRUSTED, "certificate_untrusted")

        chain = tuple(certificate.dump() for certificate in path.certificates)
        revocation = await self._revocation.check(path, at=at)
        match revocation.status:
            case Status.REVOKED:
                state, problem = CertificateState.REVOKED, "certificate_revoked"
            case Status.UNKNOWN:
                state, problem = CertificateState.UNCHECKED, ""
            case Status.GOOD:
                state, problem = CertificateState.VALID, ""
        return answer(state, problem, chain=chain, revocation=revocation)


def _validity_too_long(description: CertificateDescription) -> bool:
    start = description.not_before
    # 29 February has no namesake three years on; the grace makes up for the 28th.
    day = min(start.day, 28) if start.month == 2 else start.day  # noqa: PLR2004
    end = start.replace(year=start.year + _MAX_YEARS, day=day)
    return description.not_after > end + _GRACE
