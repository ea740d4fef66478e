"""A certificate's key, wherever it is, made ready to be asked about."""

from contextlib import AbstractAsyncContextManager
from typing import assert_never

from agent.keys import KeyCertificate, ServiceCertificate, TokenCertificate
from agent.signing.desk import Desk, Errand
from agent.signing.service_key import service_key
from agent.signing.sitting import Key
from agent.signing.token_key import token_key


def ready(
    desk: Desk, errand: Errand, certificate: KeyCertificate, *, signatures: int = 1
) -> AbstractAsyncContextManager[Key]:
    """For so many signatures. Raises UserError pin_locked, pin_each_time, token_removed,
    certificate_not_found, secrets_unavailable, account_*; TokenError; ServiceError.
    """
    match certificate:
        case TokenCertificate():
            return token_key(desk, errand, certificate, signatures=signatures)
        case ServiceCertificate():
            return service_key(desk, errand, certificate)
        case _:
            assert_never(certificate)
