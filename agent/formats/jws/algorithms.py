"""`alg` ↔ scheme ↔ key (RFC 7518 §3). What is not listed is refused: "none" and HMAC above all.

An algorithm on a curve belongs to that one curve, and its signature is r and s side by side.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from agent.formats.algorithms import Kind, Scheme, check, fits
from agent.formats.options import Options, chosen_mechanisms


@dataclass(frozen=True, slots=True)
class Algorithm:
    name: str
    scheme: Scheme
    curve: str = ""  # "" for RSA
    coordinate_bytes: int = 0

    def fits(self, key: CertificatePublicKeyTypes) -> bool:
        on_curve = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else ""
        return on_curve == self.curve and fits(self.scheme, key)

    def written(self, signature: bytes) -> bytes:
        """As JWS wants it, from what keys give. Raises ValueError, OverflowError."""
        if not self.curve:
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(self.coordinate_bytes) + s.to_bytes(self.coordinate_bytes)

    def check(self, key: CertificatePublicKeyTypes, *, signature: bytes, digest: bytes) -> None:
        """Raises InvalidSignature unless `signature`, as JWS writes it, is by `key`."""
        if not self.fits(key):
            raise InvalidSignature
        if self.curve:
            size = self.coordinate_bytes
            if len(signature) != 2 * size:
                raise InvalidSignature
            r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
            signature = encode_dss_signature(r, s)
        check(self.scheme, key, signature=signature, digest=digest)


ALGORITHMS: Final = {
    one.name: one
    for one in (
        Algorithm("RS256", Scheme(Kind.RSA_PKCS1, "sha256")),
        Algorithm("RS384", Scheme(Kind.RSA_PKCS1, "sha384")),
        Algorithm("RS512", Scheme(Kind.RSA_PKCS1, "sha512")),
        Algorithm("PS256", Scheme(Kind.RSA_PSS, "sha256")),
        Algorithm("PS384", Scheme(Kind.RSA_PSS, "sha384")),
        Algorithm("PS512", Scheme(Kind.RSA_PSS, "sha512")),
        Algorithm("ES256", Scheme(Kind.ECDSA, "sha256"), "secp256r1", 32),
        Algorithm("ES384", Scheme(Kind.ECDSA, "sha384"), "secp384r1", 48),
        Algorithm("ES512", Scheme(Kind.ECDSA, "sha512"), "secp521r1", 66),
    )
}


def chosen(options: Options, otherwise: tuple[Algorithm, ...]) -> tuple[Algorithm, ...]:
    """Those of one request; `otherwise` where it chooses nothing.

    On a curve the hash is the curve's own, so another one leaves no algorithm for such a key.
    """
    mechanisms = chosen_mechanisms(options, ())
    if not mechanisms:
        return otherwise
    return tuple(one for one in ALGORITHMS.values() if one.scheme.mechanism in mechanisms)
