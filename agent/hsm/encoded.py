"""Bytes as services write them in JSON: base64, with line ends within, or in PEM armour."""

import base64
import binascii
from typing import Final

from agent.certificates.describe import describe
from agent.errors import UserError
from agent.keys import KeyType, Mechanism

_ARMOUR: Final = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
#: Of RSA-16384; no key of a signing certificate comes near.
_MOST_SIGNATURE_BYTES: Final = 2048


def unbase64(text: str) -> bytes | None:
    """None for what is no base64, and for nothing at all."""
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def certificate(text: str) -> bytes | None:
    """The DER of a certificate that can be read, else None."""
    der = unbase64(text.strip().removeprefix(_ARMOUR[0]).removesuffix(_ARMOUR[1]))
    if der is None:
        return None
    try:
        describe(der)
    except UserError:
        return None
    return der


def signature(text: str) -> bytes | None:
    raw = unbase64(text)
    return raw if raw is not None and len(raw) <= _MOST_SIGNATURE_BYTES else None


def rsa_with_sha256(der: bytes) -> frozenset[Mechanism]:
    """What a service that signs with RSA and SHA-256 alone can do with this certificate's key."""
    if describe(der).key_type is KeyType.RSA:
        return frozenset({Mechanism.RSA_PKCS1_SHA256})
    return frozenset()
