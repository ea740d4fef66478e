"""Distinguished names as text (RFC 4514), and the part of a name that people know it by."""

from typing import Final

from asn1crypto import x509

from protocol.identity import attribute_text

#: Descriptors that are registered for LDAP (RFC 4514 §3, RFC 4519), and the usual ones beside them.
#: Any other type is written as its OID with the value's DER in hex, as the RFC wants.
_DESCRIPTORS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.42": "givenName",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_COMMON_NAME: Final = "2.5.4.3"
_ORGANISATION: Final = "2.5.4.10"
_SPECIAL: Final = frozenset('"+,;<>\\')


def rfc4514(name: x509.Name) -> str:
    """The name as one line, most specific part first."""
    return ",".join(
        "+".join(_assertion(attribute) for attribute in rdn) for rdn in reversed(name.chosen)
    )


def common_name(name: x509.Name) -> str:
    """CN, or else O, or else the whole name: what a window calls the holder or the issuer."""
    return _first(name, _COMMON_NAME) or organisation(name) or rfc4514(name)


def organisation(name: x509.Name) -> str:
    """O, or ""."""
    return _first(name, _ORGANISATION)


def _first(name: x509.Name, wanted: str) -> str:
    for rdn in name.chosen:
        for attribute in rdn:
            if attribute["type"].dotted == wanted and (text := attribute_text(attribute)):
                return text
    return ""


def _assertion(attribute: x509.NameTypeAndValue) -> str:
    oid = attribute["type"].dotted
    descriptor = _DESCRIPTORS.get(oid)
    text = attribute_text(attribute)
    if descriptor is None or text is None:
        return f"{descriptor or oid}=#{attribute['value'].dump().hex()}"
    return f"{descriptor}={_escaped(text)}"


def _escaped(text: str) -> str:
    """RFC 4514 §2.4; characters that XML or a terminal cannot bear go as hex pairs of UTF-8."""
    last = len(text) - 1
    written = []
    for position, char in enumerate(text):
        if (
            char in _SPECIAL
            or (char in " #" and position == 0)
            or (char == " " and position == last)
        ):
            written.append("\\" + char)
        elif not char.isprintable():
            written.append("".join(f"\\{octet:02X}" for octet in char.encode()))
        else:
            written.append(char)
    return "".join(written)
