"""Names of algorithms ↔ their URIs ↔ the schemes they stand for. What is not listed is refused.

Source: https://www.w3.org/TR/xmldsig-core1/ §6, RFC 9231.

A signature on a curve is two numbers, one behind the other, in XML (XMLDSig §6.4.3), and a DER
structure everywhere else here; `written` and `check` stand between the two.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from agent.formats import algorithms
from agent.formats.algorithms import Kind, Scheme
from agent.formats.xml.profiles import Canonicalization, Digest, SignatureMethod, Transform
from agent.keys import Mechanism

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
_ENCRYPTION: Final = "http://www.w3.org/2001/04/xmlenc#"

CANONICALIZATION_URI: Final = {
    Canonicalization.C14N_10: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    Canonicalization.C14N_11: "http://www.w3.org/2006/12/xml-c14n11",
    Canonicalization.EXC_C14N_10: "http://www.w3.org/2001/10/xml-exc-c14n#",
}
TRANSFORM_URI: Final = {
    Transform.ENVELOPED_SIGNATURE: DS + "enveloped-signature",
    Transform.C14N_10: CANONICALIZATION_URI[Canonicalization.C14N_10],
    Transform.C14N_11: CANONICALIZATION_URI[Canonicalization.C14N_11],
    Transform.EXC_C14N_10: CANONICALIZATION_URI[Canonicalization.EXC_C14N_10],
    Transform.BASE64: DS + "base64",
}
DIGEST_URI: Final = {
    Digest.SHA256: _ENCRYPTION + "sha256",
    Digest.SHA384: _MORE + "sha384",
    Digest.SHA512: _ENCRYPTION + "sha512",
}
SIGNATURE_URI: Final = {
    SignatureMethod.RSA_SHA256: _MORE + "rsa-sha256",
    SignatureMethod.RSA_SHA384: _MORE + "rsa-sha384",
    SignatureMethod.RSA_SHA512: _MORE + "rsa-sha512",
    SignatureMethod.RSA_PSS_SHA256: _MORE_2007 + "sha256-rsa-MGF1",
    SignatureMethod.RSA_PSS_SHA384: _MORE_2007 + "sha384-rsa-MGF1",
    SignatureMethod.RSA_PSS_SHA512: _MORE_2007 + "sha512-rsa-MGF1",
    SignatureMethod.ECDSA_SHA256: _MORE + "ecdsa-sha256",
    SignatureMethod.ECDSA_SHA384: _MORE + "ecdsa-sha384",
    SignatureMethod.ECDSA_SHA512: _MORE + "ecdsa-sha512",
}
_SCHEME: Final = {
    SignatureMethod.RSA_SHA256: Scheme(Kind.RSA_PKCS1, "sha256"),
    SignatureMethod.RSA_SHA384: Scheme(Kind.RSA_PKCS1, "sha384"),
    SignatureMethod.RSA_SHA512: Scheme(Kind.RSA_PKCS1, "sha512"),
    SignatureMethod.RSA_PSS_SHA256: Scheme(Kind.RSA_PSS, "sha256"),
    SignatureMethod.RSA_PSS_SHA384: Scheme(Kind.RSA_PSS, "sha384"),
    SignatureMethod.RSA_PSS_SHA512: Scheme(Kind.RSA_PSS, "sha512"),
    SignatureMethod.ECDSA_SHA256: Scheme(Kind.ECDSA, "sha256"),
    SignatureMethod.ECDSA_SHA384: Scheme(Kind.ECDSA, "sha384"),
    SignatureMethod.ECDSA_SHA512: Scheme(Kind.ECDSA, "sha512"),
}
_METHOD: Final = {scheme: method for method, scheme in _SCHEME.items()}
_HASH: Final[dict[Digest, Callable[[bytes], "hashlib._Hash"]]] = {
    Digest.SHA256: hashlib.sha256,
    Digest.SHA384: hashlib.sha384,
    Digest.SHA512: hashlib.sha512,
}


def digest(algorithm: Digest, octets: bytes) -> bytes:
    return _HASH[algorithm](octets).digest()


def signature_digest(method: SignatureMethod, octets: bytes) -> bytes:
    """What the key is given: `octets` hashed as `method` wants."""
    return hashlib.new(_SCHEME[method].hash, octets).digest()


def mechanism(method: SignatureMethod) -> Mechanism:
    """How a key is asked for such a signature. Raises ValueError where no key is asked."""
    return _SCHEME[method].mechanism


def fits(method: SignatureMethod, key: CertificatePublicKeyTypes) -> bool:
    """Whether `key` can make (and check) signatures by `method`."""
    return algorithms.fits(_SCHEME[method], key)


def choose(
    key: CertificatePublicKeyTypes, *, hash_name: str | None, padding: str | None
) -> SignatureMethod | None:
    """What `key` is asked for: SHA-256, or the hash nearest to a curve's size, unless chosen."""
    wanted = [
        scheme
        for scheme in _METHOD
        if hash_name in (None, scheme.hash)
        and not (scheme.kind is Kind.RSA_PSS and padding != "pss")
        and not (scheme.kind is Kind.RSA_PKCS1 and padding == "pss")
        and _is_asked_for(scheme)
    ]
    scheme = algorithms.best(wanted, key)
    return None if scheme is None else _METHOD[scheme]


def _is_asked_for(scheme: Scheme) -> bool:
    try:
        return bool(scheme.mechanism)
    except ValueError:
        return False


def written(method: SignatureMethod, key: CertificatePublicKeyTypes, signature: bytes) -> bytes:
    """A key's `signature` as SignatureValue has it. Raises ValueError for one that is none."""
    if _SCHEME[method].kind is not Kind.ECDSA:
        return signature
    assert isinstance(key, ec.EllipticCurvePublicKey)  # `fits` was asked before
    size = (key.key_size + 7) // 8
    numbers = utils.decode_dss_signature(signature)
    try:
        return b"".join(number.to_bytes(size, "big") for number in numbers)
    except OverflowError as error:
        raise ValueError("a number larger than the curve") from error


def check(
    method: SignatureMethod, key: CertificatePublicKeyTypes, *, signature: bytes, octets: bytes
) -> None:
    """Raises cryptography's InvalidSignature unless `signature`, as SignatureValue has it, is over
    `octets` and by `key`.
    """
    scheme = _SCHEME[method]
    if scheme.kind is Kind.ECDSA:
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise InvalidSignature
        size = (key.key_size + 7) // 8
        if len(signature) != 2 * size:
            raise InvalidSignature
        signature = utils.encode_dss_signature(
            int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        )
    digest = signature_digest(method, octets)
    algorithms.check(scheme, key, signature=signature, digest=digest)
