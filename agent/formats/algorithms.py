"""Signature schemes: which keys they fit, and what checks them. What is not listed is refused.

SHA-1 is left out on purpose (TT 15/2025/TT-BKHCN, Annex I), and so are keys below RSA-2048 and
curves other than NIST's three.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from agent.keys import Mechanism

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
#: hashlib's names of the hashes that may be relied on.
HASHES: Final = frozenset(_HASHES)
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MIN_RSA_BITS: Final = 2048
_MAX_RSA_BITS: Final = 8192  # a stranger's certificate must not make checking a long work


class Kind(StrEnum):
    RSA_PKCS1 = "rsa-pkcs1"  # RSASSA-PKCS1-v1_5, RFC 8017 §8.2
    RSA_PSS = "rsa-pss"  # RSASSA-PSS, RFC 8017 §8.1, with MGF1 over the same hash
    ECDSA = "ecdsa"  # an Ecdsa-Sig-Value in DER, RFC 3279 §2.2.3


@dataclass(frozen=True, slots=True)
class Scheme:
    kind: Kind
    hash: str  # hashlib's name

    @classmethod
    def of(cls, mechanism: Mechanism) -> Self:
        kind, _, name = mechanism.value.rpartition("-")
        return cls(Kind(kind), name)

    @property
    def mechanism(self) -> Mechanism:
        """How a key is asked for it. Raises ValueError where no key is asked."""
        return Mechanism(f"{self.kind}-{self.hash}")

    @property
    def hash_bytes(self) -> int:
        return _HASHES[self.hash].digest_size


def fits(scheme: Scheme, key: CertificatePublicKeyTypes) -> bool:
    """Whether `key` can make (and check) such signatures."""
    match key:
        case rsa.RSAPublicKey():
            right_size = _MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS
            return right_size and scheme.kind is not Kind.ECDSA
        case ec.EllipticCurvePublicKey():
            return key.curve.name in _CURVES and scheme.kind is Kind.ECDSA
        case _:
            return False


def best(schemes: Iterable[Scheme], key: CertificatePublicKeyTypes) -> Scheme | None:
    """The first that fits; for a key on a curve, that whose hash is nearest to the curve's size."""
    fitting = [scheme for scheme in schemes if fits(scheme, key)]
    if isinstance(key, ec.EllipticCurvePublicKey):
        size = key.key_size
        fitting.sort(key=lambda scheme: abs(8 * scheme.hash_bytes - size))
    return next(iter(fitting), None)


def check(
    scheme: Scheme,
    key: CertificatePublicKeyTypes,
    *,
    signature: bytes,
    digest: bytes,
    salt_bytes: int | None = None,
) -> None:
    """Raises cryptography's InvalidSignature unless `signature` over `digest` is by `key`.

    `salt_bytes` is for RSASSA-PSS; it is as long as the hash unless a signature says otherwise.
    """
    checker(scheme, key, salt_bytes=salt_bytes)(signature, digest)


#: Is given a signature and a digest. Raises InvalidSignature.
Checker = Callable[[bytes, bytes], None]


def checker(
    scheme: Scheme, key: CertificatePublicKeyTypes, *, salt_bytes: int | None = None
) -> Checker:
    """As `check`, for many signatures by one key."""
    hashed = utils.Prehashed(_HASHES[scheme.hash])
    verify: Checker
    match key:
        case _ if not fits(scheme, key):
            verify = _never
        case rsa.RSAPublicKey():
            padded = _padding(scheme, salt_bytes)
            verify = lambda signature, digest: key.verify(signature, digest, padded, hashed)  # noqa: E731
        case ec.EllipticCurvePublicKey():
            curve = ec.ECDSA(hashed)
            verify = lambda signature, digest: key.verify(signature, digest, curve)  # noqa: E731
        case _:
            verify = _never

    def check_one(signature: bytes, digest: bytes) -> None:
        if len(digest) != scheme.hash_bytes:
            raise InvalidSignature
        verify(signature, digest)

    return check_one


def _padding(scheme: Scheme, salt_bytes: int | None) -> padding.AsymmetricPadding:
    if scheme.kind is Kind.RSA_PKCS1:
        return padding.PKCS1v15()
    mask = padding.MGF1(_HASHES[scheme.hash])
    return padding.PSS(mask, scheme.hash_bytes if salt_bytes is None else salt_bytes)


def _never(signature: bytes, digest: bytes) -> None:
    del signature, digest
    raise InvalidSignature
