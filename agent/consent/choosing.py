"""Which certificate a window has chosen already when it opens."""

from collections.abc import Sequence

from agent.consent.prompts import CertificateFacts
from agent.keys import CertificateId


def in_order(certificates: Sequence[CertificateFacts]) -> tuple[CertificateFacts, ...]:
    """Usable ones first, of those the ones that last longest; else as they were given."""
    return tuple(sorted(certificates, key=lambda c: (not c.usable, -c.not_after.timestamp())))


def preselected(
    certificates: Sequence[CertificateFacts],
    *,
    wanted_mst: str | None,
    previous: CertificateId | None = None,
) -> CertificateId | None:
    """What to choose for the user; never a guess between several.

    What they had chosen before, else the newest of the wanted MST, else the only one there is.
    """
    usable = [c for c in in_order(certificates) if c.usable]
    if previous is not None and any(c.id == previous for c in usable):
        return previous
    if wanted_mst is not None:
        return next((c.id for c in usable if wanted_mst in c.mst), None)
    return usable[0].id if len(usable) == 1 else None
