"""What a certificate says of itself, read from its DER. Nothing is looked up or judged by time."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from asn1crypto import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from agent.certificates.names import common_name, organisation, rfc4514
from agent.errors import UserError
from agent.keys import CertificateId, KeyType
from protocol.identity import identifiers, msts, printed_serial

_REMEMBERED: Final = 32
_MIN_RSA_BITS: Final = 2048
_MIN_EC_BITS: Final = 256
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDescription:
    id: CertificateId
    der: bytes = field(repr=False)
    holder: str  # subject CN, or else O
    mst: tuple[str, ...]  # canonical
    identifiers: dict[str, tuple[str, ...]]  # prefixed UIDs: MST, CCCD, CMND, MNS …
    subject: str  # RFC 4514
    organisation: str  # subject O, or ""
    issuer: str  # issuer CN, or else O
    issuer_organisation: str  # issuer O, or ""
    issuer_subject: str  # RFC 4514
    serial: str  # hex, upper case, leading zeros kept
    not_before: datetime  # UTC
    not_after: datetime  # UTC, inclusive
    key: str  # "RSA-2048", "EC-P-256"
    key_type: KeyType | None  # None: a kind of key that we cannot use
    key_bits: int
    #: Why it is no certificate for signing documents, or "": "key_usage", "key", "ca".
    unsuitable: str


def read(der: bytes) -> x509.Certificate:
    """The parsed certificate. Raises UserError certificate_unsuitable (reason "unreadable").

    asn1crypto reads lazily, so what is asked of a certificate later is asked here once. No more
    than that is asked: CAs do write names and addresses in ways that asn1crypto does not expect.
    """
    try:
        certificate = x509.Certificate.load(der, strict=True)
        tbs = certificate["tbs_certificate"]
        for field in ("version", "serial_number", "signature", "validity"):
            _ = tbs[field].native
        for extension in (certificate.key_usage_value, certificate.basic_constraints_value):
            _ = extension and extension.native
        _ = (tbs["subject"].dump(), tbs["issuer"].dump(), certificate.public_key.native)
        _ = (rfc4514(certificate.subject), rfc4514(certificate.issuer), msts(certificate))
    # On hostile bytes asn1crypto fails in many ways (ValueError, TypeError, IndexError …);
    # whichever it was, this is no certificate.
    except Exception as error:
        raise UserError("certificate_unsuitable", reason="unreadable") from error
    return certificate


def public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    """Raises UserError certificate_unsuitable (reason "key")."""
    try:
        return load_der_public_key(certificate.public_key.dump())  # type: ignore[return-value]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UserError("certificate_unsuitable", reason="key") from error


@lru_cache(maxsize=_REMEMBERED)
def describe(der: bytes) -> CertificateDescription:
    """Raises UserError certificate_unsuitable (reason "unreadable" or "key").

    A request asks this several times of the same few certificates, so the last ones are remembered.
    """
    certificate = read(der)
    key, key_type, bits = _key(public_key(certificate))
    return CertificateDescription(
        id=CertificateId(hashlib.sha256(der).hexdigest()),
        der=der,
        holder=common_name(certificate.subject),
        mst=msts(certificate),
        identifiers=identifiers(certificate),
        subject=rfc4514(certificate.subject),
        organisation=organisation(certificate.subject),
        issuer=common_name(certificate.issuer),
        issuer_organisation=organisation(certificate.issuer),
        issuer_subject=rfc4514(certificate.issuer),
        serial=printed_serial(certificate),
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        key=key,
        key_type=key_type,
        key_bits=bits,
        unsuitable=_unsuitable(certificate, key_type, bits),
    )


def _key(key: CertificatePublicKeyTypes) -> tuple[str, KeyType | None, int]:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA-{key.key_size}", KeyType.RSA, key.key_size
        case ec.EllipticCurvePublicKey():
            curve = _CURVES.get(key.curve.name)
            return f"EC-{curve or key.curve.name}", KeyType.EC if curve else None, key.key_size
        case _:
            return type(key).__name__.removesuffix("PublicKey"), None, 0


def _unsuitable(certificate: x509.Certificate, key_type: KeyType | None, bits: int) -> str:
    if key_type is None or bits < (_MIN_RSA_BITS if key_type is KeyType.RSA else _MIN_EC_BITS):
        return "key"
    # Extended key usage is not consulted: Vietnamese CAs put very different things there, and
    # real signing certificates of two of them share none of it.
    usage = certificate.key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
        return "key_usage"
    constraints = certificate.basic_constraints_value
    if constraints is not None and constraints["ca"].native:
        return "ca"
    return ""
