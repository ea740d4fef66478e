"""Whether a bare signature is by a certificate's key, before anything is built on it."""

from collections.abc import Callable

from agent.keys import Mechanism


def is_by(der: bytes, signature: bytes, digest: bytes, mechanism: Mechanism) -> bool:
    """Whether `signature` over `digest` was made with the key of the certificate `der`.

    A key of another kind than the mechanism's has made none of its signatures.
    """
    return checker(der, mechanism)(signature, digest)


def checker(der: bytes, mechanism: Mechanism) -> Callable[[bytes, bytes], bool]:
    """As `is_by`, for many: it is asked for each signature and its digest."""
    # Loaded at the first signature: the libraries would delay the agent's start.
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import load_der_x509_certificate

    from agent.formats import algorithms

    key = load_der_x509_certificate(der).public_key()
    check = algorithms.checker(algorithms.Scheme.of(mechanism), key)

    def is_its(signature: bytes, digest: bytes) -> bool:
        try:
            check(signature, digest)
        except InvalidSignature:
            return False
        return True

    return is_its
