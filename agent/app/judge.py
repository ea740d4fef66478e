"""The use cases' judge of certificates, over `agent.certificates`."""

from dataclasses import dataclass
from datetime import datetime

from protocol.messages import CertificateState


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDates:
    """What can be said without the network."""

    state: CertificateState
    warnings: tuple[str, ...] = ("revocation_unknown",)
    evidence: tuple[bytes, ...] = ()


def by_dates(not_before: datetime, not_after: datetime, *, at: datetime) -> ByDates:
    if at < not_before:
        return ByDates(state=CertificateState.NOT_YET_VALID, warnings=())
    if at > not_after:
        return ByDates(state=CertificateState.EXPIRED, warnings=())
    return ByDates(state=CertificateState.UNCHECKED)
