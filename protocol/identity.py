"""Who a certificate is for: the identifiers that Vietnamese CAs put into the subject.

They sit in UID attributes (OID 0.9.2342.19200300.100.1.1), which may occur several times, each
with a prefix: ``MST:`` (tax code), ``CCCD:``, ``CMND:``, ``MNS:``. Only the DER is read, by OID:
printed names differ between programs in order, escaping and attribute names.
"""

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asn1crypto import x509

_UID: Final = "0.9.2342.19200300.100.1.1"
# Digits are named: `\d` would also match those of other scripts.
_CANONICAL: Final = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{13}")
_WRITTEN: Final = re.compile(r"([0-9]{10})-?([0-9]{3})?|[0-9]{12}")


def canonical_mst(text: str) -> str | None:
    """The MST as digits alone (10, 12 or 13), or None if `text` is not shaped like one.

    A parent (10 digits) and its branch (10-3) stay different; nothing is cut off or guessed.
    """
    compact = re.sub(r"\s", "", text)
    if not _WRITTEN.fullmatch(compact):
        return None
    digits = compact.replace("-", "")
    return digits if _CANONICAL.fullmatch(digits) else None


def printed_mst(canonical: str) -> str:
    """As people write it: a branch's last three digits after a hyphen."""
    return f"{canonical[:10]}-{canonical[10:]}" if len(canonical) == 13 else canonical  # noqa: PLR2004


def identifiers(certificate: "x509.Certificate") -> dict[str, tuple[str, ...]]:
    """All prefixed UID values of the subject, by upper-case prefix, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for rdn in certificate.subject.chosen:
        for attribute in rdn:
            if attribute["type"].dotted != _UID:
                continue
            value = unicodedata.normalize("NFC", attribute_text(attribute) or "")
            prefix, colon, rest = value.partition(":")
            if colon:
                key = prefix.strip().upper()
                found[key] = (*found.get(key, ()), rest.strip())
    return found


def msts(certificate: "x509.Certificate") -> tuple[str, ...]:
    """The certificate's MSTs in canonical form; a value that is not an MST is left out."""
    values = identifiers(certificate).get("MST", ())
    return tuple(m for m in map(canonical_mst, values) if m is not None)


def attribute_text(attribute: "x509.NameTypeAndValue") -> str | None:
    """A name attribute's value in whatever string type the CA chose; None if it is not a string.

    asn1crypto insists on the types of RFC 5280 and fails on, say, a UID in IA5String.
    Raises ValueError for bytes that the string type does not allow.
    """
    from asn1crypto import core  # late: who only compares numbers does without it

    pair = core.SequenceOf.load(attribute.dump(), spec=core.Any)
    value = pair[1].parse()
    return value.native if isinstance(value, core.AbstractString) else None


def printed_serial(certificate: "x509.Certificate") -> str:
    """The serial number as certificate viewers print it: hex, upper case, leading zeros kept."""
    octets: bytes = certificate["tbs_certificate"]["serial_number"].contents
    return octets.hex().upper()
