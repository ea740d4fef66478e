"""What proves that certificates counted, to be put beside a signature (level B-LT).

Of every certificate the path to a root that is believed here, and for each one below the root what
its authority says of it now (OCSP, else the CRL), as it was received. Either all is there or
nothing is: half of it would not let anybody judge offline.
"""

import logging
from datetime import UTC, datetime
from typing import Final

from agent.certificates.chain import NoPath, Path, Paths
from agent.certificates.issuers import issuers
from agent.certificates.revocation import AnswerKind, RevocationChecker, Status
from agent.certificates.trust import Kind, TrustStore
from agent.errors import ServiceError, UserError
from agent.formats.levels import Evidence, EvidenceNeeded

_log: Final = logging.getLogger(__name__)


class EvidenceGatherer:
    """The EvidenceSource of a desk."""

    def __init__(
        self, trust: TrustStore, revocation: RevocationChecker, *, required: bool = False
    ) -> None:
        self.required = required
        self._trust = trust
        self._revocation = revocation
        self._paths = Paths()

    async def gather(self, need: EvidenceNeeded) -> Evidence:
        at = need.at or datetime.now(UTC)
        certificates: list[bytes] = []
        answers: list[tuple[AnswerKind, bytes]] = []
        for certificate in need.certificates:
            path = await self._path(certificate, need.hints, at)
            certificates += [one.dump() for one in path.certificates]
            revocation = await self._revocation.check(path, at=at)
            if revocation.status is not Status.GOOD:
                raise ServiceError("evidence_unavailable", status=revocation.status.value)
            answers += [(one.kind, one.answer) for one in revocation.evidence]
        return Evidence(
            certificates=tuple(dict.fromkeys(certificates)),
            ocsp_responses=_of(AnswerKind.OCSP, answers),
            crls=_of(AnswerKind.CRL, answers),
        )

    async def _path(self, certificate: bytes, hints: tuple[bytes, ...], at: datetime) -> Path:
        # As in standing.py: of the hints only those that did issue it.
        others = (*self._trust.of_kind(Kind.INTERMEDIATE), *issuers(certificate, hints))
        roots = self._trust.of_kind(Kind.ROOT)
        try:
            return await self._paths.find(certificate, roots=roots, intermediates=others, at=at)
        except (NoPath, UserError) as error:
            _log.info("no evidence: %s", error)
            raise ServiceError("evidence_unavailable", status="untrusted") from error


def _of(kind: AnswerKind, answers: list[tuple[AnswerKind, bytes]]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(answer for one, answer in answers if one is kind))
