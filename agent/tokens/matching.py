"""Which certificates on a token have a private key there, judged before anybody has logged in.

Private keys are often invisible without login, drivers leave CKA_ID empty, and CA certificates lie
beside the user's own. In this order a certificate is taken if

1. a visible private key shows the certificate's public half, or
2. a public key object shows it (its private twin has the same CKA_ID), or
3. a visible private key has the certificate's CKA_ID and shows no other public half, or
4. no private key is visible and the certificate is not a CA's: its CKA_ID is assumed, and checked
   by the worker after login.

An empty CKA_ID says nothing; it is accepted in 3 only if there is exactly one private key, and in 4
only if the certificate is the only one left.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.keys import KeyType
from agent.tokens.calls import KeyObject, KeyRef, Slot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A certificate and its key. `always_authenticate` is False where that cannot be seen yet."""

    der: bytes
    key: KeyRef
    key_bits: int
    always_authenticate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Certificate:
    der: bytes
    key_id: bytes
    key_type: KeyType
    key_bits: int
    public: bytes
    is_ca: bool


def matches(slot: Slot) -> tuple[Match, ...]:
    """The certificates of the slot that can sign, in the token's order."""
    certificates = [c for c in map(_read, _distinct(slot)) if c is not None]
    candidates = [c for c in certificates if not c.is_ca]
    found = []
    for certificate in certificates:
        key_id = _key_id(certificate, slot, alone=candidates == [certificate])
        if key_id is None:
            continue
        key = KeyRef(key_id=key_id, key_type=certificate.key_type, public=certificate.public)
        found.append(
            Match(
                der=certificate.der,
                key=key,
                key_bits=certificate.key_bits,
                always_authenticate=_always(slot.private_keys, key),
            )
        )
    return tuple(found)


def _key_id(certificate: _Certificate, slot: Slot, *, alone: bool) -> bytes | None:
    """The CKA_ID of the certificate's private key, or None if there is no such key."""
    ids = {key.key_id for key in slot.private_keys}
    for key in (*slot.private_keys, *slot.public_keys):
        if key.key_type is certificate.key_type and key.public == certificate.public:
            # Of a public key alone nobody can sign; before login its twin may be out of sight.
            if ids and key.key_id not in ids:
                continue
            return key.key_id
    if slot.private_keys:
        named = [
            key
            for key in slot.private_keys
            if key.key_id == certificate.key_id
            and key.key_type in {certificate.key_type, None}
            and not _shown(key, slot.public_keys)
        ]
        certain = bool(certificate.key_id) or len(slot.private_keys) == 1
        return certificate.key_id if named and certain else None
    if certificate.is_ca or not (certificate.key_id or alone):
        return None
    twin = [k for k in slot.public_keys if k.key_id and k.key_id == certificate.key_id]
    # A public key under this CKA_ID that is another one: the certificate was renewed elsewhere.
    return None if any(key.public for key in twin) else certificate.key_id


def _shown(key: KeyObject, public_keys: Iterable[KeyObject]) -> bytes:
    """The public half of a private key, from itself or from its twin; b"" if nothing shows it."""
    if key.public:
        return key.public
    twins = (p.public for p in public_keys if key.key_id and p.key_id == key.key_id)
    return next((public for public in twins if public), b"")


def _always(private_keys: Iterable[KeyObject], wanted: KeyRef) -> bool:
    return any(k.always_authenticate for k in private_keys if k.key_id == wanted.key_id)


def _distinct(slot: Slot) -> Iterable[tuple[bytes, bytes]]:
    """Each certificate once (some tokens hold copies), with the first CKA_ID that is not empty."""
    seen: dict[bytes, bytes] = {}
    for certificate in slot.certificates:
        seen[certificate.der] = seen.get(certificate.der) or certificate.key_id
    return seen.items()


def _read(item: tuple[bytes, bytes]) -> _Certificate | None:
    der, key_id = item
    try:
        certificate = x509.load_der_x509_certificate(der)
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        log.warning("a certificate of %d bytes on a token cannot be read: %s", len(der), error)
        return None
    match public:
        case RSAPublicKey():
            number = public.public_numbers().n
            key_type, shown = KeyType.RSA, number.to_bytes((number.bit_length() + 7) // 8)
        case EllipticCurvePublicKey():
            key_type = KeyType.EC
            shown = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        case _:
            return None
    return _Certificate(
        der=der,
        key_id=key_id,
        key_type=key_type,
        key_bits=public.key_size,
        public=shown,
        is_ca=_is_ca(certificate),
    )


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
