"""Whose certificates belong beside a signature: those between the signer's and the root."""

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import Certificate, load_der_x509_certificate

_MOST: Final = 8  # no chain is longer; and crossed certificates could lead in a circle


@lru_cache(maxsize=16)
def issuers(certificate: bytes, authorities: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Of `authorities` (DER) those above `certificate`, nearest first, without a root.

    Each has issued the one before it by name and by signature; that they are believed is not said.
    """
    known = [(der, parsed) for der in authorities if (parsed := _parsed(der)) is not None]
    chain: list[bytes] = []
    below = _parsed(certificate)
    while below is not None and len(chain) < _MOST:
        found = next(
            (
                (der, one)
                for der, one in known
                if der not in chain and not _issued(one, one) and _issued(one, below)
            ),
            None,
        )
        if found is None:
            break
        der, below = found
        chain.append(der)
    return tuple(chain)


def _parsed(der: bytes) -> Certificate | None:
    try:
        return load_der_x509_certificate(der)
    except ValueError:
        return None


def _issued(issuer: Certificate, subject: Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
