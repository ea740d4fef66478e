"""Names of algorithms ↔ their URIs ↔ the schemes they stand for. What is not listed is refused.

Source: https://www.w3.org/TR/xmldsig-core1/ §6, RFC 9231.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from agent.formats import algorithms
from agent.formats.algorithms import Kind, Scheme
from agent.formats.xml.profiles import Canonicalization, Digest, SignatureMethod, Transform
from agent.keys import Mechanism

DS: Final = "http://www.w3.org/2000/09/xmldsig#"

CANONICALIZATION_URI: Final = {
    Canonicalization.C14N_10: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    Canonicalization.EXC_C14N_10: "http://www.w3.org/2001/10/xml-exc-c14n#",
}
TRANSFORM_URI: Final = {
    Transform.ENVELOPED_SIGNATURE: DS + "enveloped-signature",
    Transform.C14N_10: CANONICALIZATION_URI[Canonicalization.C14N_10],
    Transform.EXC_C14N_10: CANONICALIZATION_URI[Canonicalization.EXC_C14N_10],
}
DIGEST_URI: Final = {Digest.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256"}
SIGNATURE_URI: Final = {
    SignatureMethod.RSA_SHA256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
}
#: How a key is asked for such a signature.
MECHANISM: Final = {SignatureMethod.RSA_SHA256: Mechanism.RSA_PKCS1_SHA256}

_HASH: Final[dict[Digest, Callable[[bytes], "hashlib._Hash"]]] = {Digest.SHA256: hashlib.sha256}
_SCHEME: Final = {SignatureMethod.RSA_SHA256: Scheme(Kind.RSA_PKCS1, "sha256")}


def digest(algorithm: Digest, octets: bytes) -> bytes:
    return _HASH[algorithm](octets).digest()


def signature_digest(method: SignatureMethod, octets: bytes) -> bytes:
    """What the key is given: `octets` hashed as `method` wants."""
    return hashlib.new(_SCHEME[method].hash, octets).digest()


def fits(method: SignatureMethod, key: CertificatePublicKeyTypes) -> bool:
    """Whether `key` can make (and check) signatures by `method`."""
    return algorithms.fits(_SCHEME[method], key)


def check(
    method: SignatureMethod, key: CertificatePublicKeyTypes, *, signature: bytes, octets: bytes
) -> None:
    """Raises cryptography's InvalidSignature unless `signature` over `octets` is by `key`."""
    digest = signature_digest(method, octets)
    algorithms.check(_SCHEME[method], key, signature=signature, digest=digest)
