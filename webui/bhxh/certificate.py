"""A certificate's facts, read from its DER by OID (printed names differ between programs)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from asn1crypto import x509

from protocol.identity import msts
from webui.bhxh.rules import MAX_CERTIFICATE_BYTES, MIN_RSA_BITS
from webui.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    id: str  # SHA-256 of the DER, lower-case hex
    der: bytes
    holder: str  # subject CN, else O
    mst: tuple[str, ...]  # canonical
    subject: str
    issuer: str  # issuer CN, else O
    serial: str  # upper-case hex, leading zeros kept
    not_before: datetime
    not_after: datetime

    def is_expired(self, now: datetime) -> bool:
        return now > self.not_after

    def is_not_yet_valid(self, now: datetime) -> bool:
        return now < self.not_before


def read(der: bytes) -> CertificateFacts:
    """Raises Refused certificate_unreadable, certificate_key_unsuitable.

    The key must be what the form's signature needs (RSA of 2048 bits or more) and be allowed to
    sign. Extended key usages are not looked at: real unit certificates carry the oddest ones [V].
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise Refused("certificate_unreadable", field="certificate")
    try:
        parsed = x509.Certificate.load(der, strict=True)
        facts = _facts(parsed, der)
        suitable = _can_sign(parsed)
    # asn1crypto parses late and lets go of ValueError, TypeError, KeyError and more on bytes that
    # only look like a certificate.
    except Exception as error:
        raise Refused("certificate_unreadable", field="certificate") from error
    if not suitable:
        raise Refused("certificate_key_unsuitable", field="certificate")
    return facts


def _facts(parsed: x509.Certificate, der: bytes) -> CertificateFacts:
    content = parsed["tbs_certificate"]["serial_number"].contents
    # DER puts a zero byte before a high first bit; the serial as people read it has none of that,
    # but leading zeros inside the first byte stay.
    serial = content[1:] if len(content) > 1 and content[0] == 0 else content
    validity = parsed["tbs_certificate"]["validity"]
    return CertificateFacts(
        id=sha256(der).hexdigest(),
        der=der,
        holder=_name(parsed.subject),
        mst=msts(parsed),
        subject=_printed(parsed.subject),
        issuer=_name(parsed.issuer),
        serial=serial.hex().upper(),
        not_before=validity["not_before"].native.astimezone(UTC),
        not_after=validity["not_after"].native.astimezone(UTC),
    )


def _name(name: x509.Name) -> str:
    for wanted in ("common_name", "organization_name"):
        for rdn in name.chosen:
            for attribute in rdn:
                if attribute["type"].native == wanted:
                    return _clean(str(attribute["value"].native))
    return "?"


def _printed(name: x509.Name) -> str:
    """Attribute by attribute in the certificate's order, most general first as in the DER."""
    parts = []
    for rdn in name.chosen:
        for attribute in rdn:
            oid = attribute["type"].dotted
            label = _SHORT.get(oid, oid)
            parts.append(f"{label}={_clean(str(attribute['value'].native))}")
    return ", ".join(parts)[:1000]


_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.12": "T",
    "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "E",
}


def _clean(text: str) -> str:
    """A certificate's text may hold anything; what is shown and put into XML is printable."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:300] or "?"


def _can_sign(parsed: x509.Certificate) -> bool:
    key = parsed.public_key
    if key.algorithm != "rsa" or key.bit_size < MIN_RSA_BITS:
        return False
    usage = parsed.key_usage_value
    allowed = {"digital_signature", "non_repudiation"}
    return usage is None or bool(allowed & usage.native)
