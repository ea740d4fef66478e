"""The signed attributes of CAdES B-B: written, and read exactly.

Sources: RFC 5652 §11, RFC 5035, EN 319 122-1.

content-type, message-digest, signing-time and signing-certificate-v2 are each there once, with one
value. Others may stand beside them: they are signed, so they are the signer's own words, and who
relies on a signature is told which ones there are.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from agent.formats.algorithms import Scheme
from agent.formats.cms import ber, der, identifiers, oids
from agent.formats.cms.ber import Element
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.structure import attribute_values

_ONCE: Final = frozenset(
    {
        oids.CONTENT_TYPE,
        oids.MESSAGE_DIGEST,
        oids.SIGNING_TIME,
        oids.SIGNING_CERTIFICATE,
        oids.SIGNING_CERTIFICATE_V2,
        oids.ALGORITHM_PROTECTION,
    }
)
_PIVOT_YEAR: Final = 50  # RFC 5280 §4.1.2.5.1: years from 50 on are of the last century


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHash:
    """What an ESSCertID or ESSCertIDv2 says of the signer's certificate."""

    algorithm: str  # hashlib's name; "sha1" for a signing-certificate of the first kind
    value: bytes
    issuer_and_serial: tuple[bytes, bytes] | None

    def is_of(self, certificate: bytes, *, issuer: bytes, serial: bytes) -> bool:
        return hashlib.new(
            self.algorithm, certificate
        ).digest() == self.value and self.issuer_and_serial in (None, (issuer, serial))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAttributes:
    content_type: bytes
    message_digest: bytes
    signing_time: datetime | None
    certificate: CertificateHash | None  # signing-certificate-v2
    certificate_v1: CertificateHash | None  # signing-certificate, which names SHA-1 hashes
    algorithms: tuple[str, Scheme] | None  # CMSAlgorithmProtection (RFC 6211): hash and scheme
    others: tuple[str, ...]  # OIDs


def written(
    *, message_digest: bytes, signing_time: datetime | None, certificate_hash: bytes
) -> tuple[bytes, ...]:
    """The attributes; `certificate_hash` is SHA-256, the default that DER leaves unsaid."""
    bound = der.sequence(der.sequence(der.sequence(der.octet_string(certificate_hash))))
    dated = () if signing_time is None else (_attribute(oids.SIGNING_TIME, der.time(signing_time)),)
    return (
        _attribute(oids.CONTENT_TYPE, oids.DATA),
        _attribute(oids.MESSAGE_DIGEST, der.octet_string(message_digest)),
        *dated,
        _attribute(oids.SIGNING_CERTIFICATE_V2, bound),
    )


def _attribute(oid: bytes, value: bytes) -> bytes:
    return der.sequence(oid, der.set_of(value))


def read(attributes: Element) -> SignedAttributes:
    """Raises Malformed, DocumentError signature_invalid (grammar, attributes, algorithm)."""
    if not attributes.all_der():
        raise Rejected(Reason.GRAMMAR)
    encodings = [bytes(one.whole) for one in attributes.children()]
    if encodings != sorted(encodings):
        raise Rejected(Reason.GRAMMAR)
    once: dict[bytes, Element] = {}
    others = []
    for oid, values in attribute_values(attributes):
        if oid not in _ONCE:
            others.append(ber.dotted(ber.read(oid)))
        elif oid in once or len(values) != 1:
            raise Rejected(Reason.ATTRIBUTES)
        else:
            once[oid] = values[0]
    content_type, digest = once.get(oids.CONTENT_TYPE), once.get(oids.MESSAGE_DIGEST)
    if content_type is None or digest is None:
        raise Rejected(Reason.ATTRIBUTES)
    time = once.get(oids.SIGNING_TIME)
    protection = once.get(oids.ALGORITHM_PROTECTION)
    v1, v2 = once.get(oids.SIGNING_CERTIFICATE), once.get(oids.SIGNING_CERTIFICATE_V2)
    return SignedAttributes(
        content_type=bytes(content_type.whole),
        message_digest=ber.octets(digest),
        signing_time=None if time is None else _time(time),
        certificate=None if v2 is None else _certificate(v2, default="sha256"),
        certificate_v1=None if v1 is None else _certificate(v1, default="sha1"),
        algorithms=None if protection is None else _algorithms(protection),
        others=tuple(others),
    )


def _time(element: Element) -> datetime:
    text = bytes(element.content).decode("latin-1")
    if not text[:-1].isascii() or not text[:-1].isdigit() or text[-1:] != "Z":
        raise Rejected(Reason.GRAMMAR)
    digits = text[:-1]
    if element.tag == der.UTC_TIME and len(digits) == len("yymmddhhmmss"):
        digits = ("19" if int(digits[:2]) >= _PIVOT_YEAR else "20") + digits
    elif element.tag != der.GENERALIZED_TIME or int(digits[:4]) in der.UTC_TIME_YEARS:
        raise Rejected(Reason.GRAMMAR)
    try:
        if len(digits) != len("yyyymmddhhmmss"):
            raise Rejected(Reason.GRAMMAR)
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Rejected(Reason.GRAMMAR) from error


def _certificate(value: Element, *, default: str) -> CertificateHash:
    """The first one is the signer's (RFC 5035 §4); more of them, and policies, may follow."""
    lists = value.children()
    if value.tag != der.SEQUENCE or not lists or not lists[0].children():
        raise Rejected(Reason.GRAMMAR)
    parts = list(lists[0].children()[0].children())
    algorithm = default
    if parts and parts[0].tag == der.SEQUENCE and default != "sha1":
        algorithm = identifiers.read_digest(parts.pop(0))
    if not parts or parts[0].tag != der.OCTET_STRING:
        raise Rejected(Reason.GRAMMAR)
    return CertificateHash(
        algorithm=algorithm,
        value=ber.octets(parts.pop(0)),
        issuer_and_serial=_issuer_and_serial(parts.pop(0)) if parts else None,
    )


def _algorithms(value: Element) -> tuple[str, Scheme]:
    match value.children():
        case (digest, method) if method.tag == 0xA1:  # noqa: PLR2004 - [1] signatureAlgorithm
            name = identifiers.read_digest(digest)
            identifier = ber.read(der.sequence(bytes(method.content)))
            return name, identifiers.read_signature(identifier, digest=name)[0]
    raise Rejected(Reason.GRAMMAR)


def _issuer_and_serial(element: Element) -> tuple[bytes, bytes]:
    """IssuerSerial: one directoryName in GeneralNames, and the number (RFC 5035 §5)."""
    match element.children():
        case (names, serial):
            match names.children():
                case (name,) if name.tag == 0xA4:  # noqa: PLR2004 - [4] directoryName
                    return bytes(name.content), bytes(serial.whole)
    raise Rejected(Reason.GRAMMAR)
