"""Whether a bare signature is by a certificate's key, before anything is built on it."""

from agent.keys import Mechanism


def is_by(der: bytes, signature: bytes, digest: bytes, mechanism: Mechanism) -> bool:
    """Whether `signature` over `digest` was made with the key of the certificate `der`.

    A key of another kind than the mechanism's has made none of its signatures.
    """
    # Loaded at the first signature: the libraries would delay the agent's start.
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import load_der_x509_certificate

    from agent.formats.algorithms import Scheme, check

    key = load_der_x509_certificate(der).public_key()
    try:
        check(Scheme.of(mechanism), key, signature=signature, digest=digest)
    except InvalidSignature:
        return False
    return True
