"""The user is told when a signing service holds a certificate that it did not hold before.

Nobody looks into an account that works. Yet a certificate renewed at the service is of no use with
BHXH until its change is filed, and the old one's last day comes either way.
"""

from collections.abc import AsyncGenerator
from typing import Final

from agent.consent.notices import tell_of_new_certificate
from agent.consent.prompts import CertificateFacts
from agent.keys import AccountId, CertificateId, ServiceCertificate
from agent.signing.candidates import Wanted, at_a_glance, facts
from agent.signing.desk import Desk

_USABLE: Final = Wanted()


async def tell_of_renewals(desk: Desk, *, language: str) -> None:
    """Until cancelled, or until the services end."""
    known = _held(desk)
    changes = desk.services.changes()
    try:
        async for _ in changes:
            held = _held(desk)
            for account, certificates in held.items():
                # What an account holds when it is added is no news: the user is looking at it.
                before = known.get(account, certificates)
                await _tell(desk, certificates - before, language=language)
                # A service that is half down forgets; what comes back then is no news either.
                known[account] = before | certificates
            known = {account: known[account] for account in held}
    finally:
        if isinstance(changes, AsyncGenerator):
            await changes.aclose()


async def _tell(desk: Desk, new: frozenset[CertificateId], *, language: str) -> None:
    """One notice for an account, however many a service sends: of the one that lasts longest."""
    usable = [certificate for certificate in _in_services(desk) if certificate.id in new]
    if usable:
        longest = max(usable, key=lambda certificate: certificate.not_after)
        await tell_of_new_certificate(desk.prompts, longest, language=language)


def _in_services(desk: Desk) -> list[CertificateFacts]:
    """Those in services that can be signed with."""
    return [
        facts(candidate)
        for candidate in at_a_glance(desk)
        if isinstance(candidate.certificate, ServiceCertificate)
        and _USABLE.objection(candidate) is None
    ]


def _held(desk: Desk) -> dict[AccountId, frozenset[CertificateId]]:
    return {account.id: frozenset(account.certificates) for account in desk.services.accounts()}
