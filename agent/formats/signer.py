"""What a signature needs of its certificate: the key, the names and the bytes."""

from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from agent.certificates.describe import public_key, read
from agent.certificates.names import rfc4514


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    certificate: bytes = field(repr=False)  # DER
    key: CertificatePublicKeyTypes
    subject: str  # RFC 4514
    issuer: bytes = field(repr=False)  # the issuer's name, DER
    serial: bytes = field(repr=False)  # INTEGER, DER
    key_identifier: bytes | None  # of the SubjectKeyIdentifier extension


@lru_cache(maxsize=16)  # a batch is signed, and each signature verified, by one certificate
def signer_of(certificate: bytes) -> Signer:
    """Raises UserError certificate_unsuitable (reason "unreadable" or "key")."""
    parsed = read(certificate)
    return Signer(
        certificate=certificate,
        key=public_key(parsed),
        subject=rfc4514(parsed.subject),
        issuer=parsed.issuer.dump(),
        serial=parsed["tbs_certificate"]["serial_number"].dump(),
        key_identifier=parsed.key_identifier,
    )
