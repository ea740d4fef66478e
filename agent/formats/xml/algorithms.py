"""Names of algorithms ↔ their URIs ↔ what computes them. What is not listed is refused.

Source: https://www.w3.org/TR/xmldsig-core1/ §6, RFC 9231. SHA-1 is left out on purpose
(TT 15/2025/TT-BKHCN, Annex I), and so are keys below RSA-2048.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from agent.formats.xml.profiles import Canonicalization, Digest, SignatureMethod
from agent.keys import Mechanism

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED: Final = DS + "enveloped-signature"

CANONICALIZATION_URI: Final = {
    Canonicalization.C14N_10: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
}
DIGEST_URI: Final = {Digest.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256"}
SIGNATURE_URI: Final = {
    SignatureMethod.RSA_SHA256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
}
#: How a key is asked for such a signature.
MECHANISM: Final = {SignatureMethod.RSA_SHA256: Mechanism.RSA_PKCS1_SHA256}

_HASH: Final[dict[Digest, Callable[[bytes], "hashlib._Hash"]]] = {Digest.SHA256: hashlib.sha256}
_SIGNATURE_HASH: Final = {SignatureMethod.RSA_SHA256: Digest.SHA256}
_MIN_RSA_BITS: Final = 2048


def digest(algorithm: Digest, octets: bytes) -> bytes:
    return _HASH[algorithm](octets).digest()


def signature_digest(method: SignatureMethod, octets: bytes) -> bytes:
    """What the key is given: `octets` hashed as `method` wants."""
    return digest(_SIGNATURE_HASH[method], octets)


def fits(method: SignatureMethod, key: CertificatePublicKeyTypes) -> bool:
    """Whether `key` can make (and check) signatures by `method`."""
    match method:
        case SignatureMethod.RSA_SHA256:
            return isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS


def check(
    method: SignatureMethod, key: CertificatePublicKeyTypes, *, signature: bytes, octets: bytes
) -> None:
    """Raises cryptography's InvalidSignature unless `signature` over `octets` is by `key`."""
    if not fits(method, key):
        raise InvalidSignature
    match method:
        case SignatureMethod.RSA_SHA256:
            assert isinstance(key, rsa.RSAPublicKey)
            key.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())
