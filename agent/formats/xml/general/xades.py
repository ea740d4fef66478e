"""QualifyingProperties of XAdES (EN 319 132-1), read.

What is signed is the signer's own words, so there may be more of it than is read here. What is not
signed is limited to time stamps and validation data, which prove themselves.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from asn1crypto import tsp
from lxml import etree

from agent.certificates.describe import read as read_certificate
from agent.errors import UserError
from agent.formats.xml import grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.general import signed_info, times
from agent.formats.xml.general.signed_info import Canonical
from agent.formats.xml.grammar import Reason

XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
XADES_141: Final = "http://uri.etsi.org/01903/v1.4.1#"
QUALIFYING_PROPERTIES: Final = f"{{{XADES}}}QualifyingProperties"
SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"
#: Each costs its reader a look-up or a verification.
MAX_STAMPS: Final = 16
MAX_VALUES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time-stamp token, and how what it is of becomes octets."""

    canonical: Canonical
    token: bytes = field(repr=False)
    element: "etree._Element" = field(repr=False)  # the property that holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDigest:
    algorithm: str  # hashlib's name
    value: bytes
    issuer_serial: bytes | None  # IssuerSerial (RFC 5035 §5), DER

    def is_of(self, certificate: bytes) -> bool:
        digest = hashlib.new(self.algorithm, certificate).digest()
        return hmac.compare_digest(digest, self.value) and (
            self.issuer_serial is None or _names(self.issuer_serial, certificate)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    signed: "etree._Element" = field(repr=False)  # SignedProperties: must be referred to
    signing_time: datetime | None
    certificate: CertificateDigest  # the signer's
    stamps: tuple[Stamp, ...] = ()  # of the signature's value
    archive_stamps: tuple[Stamp, ...] = ()
    unsigned: "tuple[etree._Element, ...]" = field(repr=False, default=())
    certificates: tuple[bytes, ...] = field(repr=False, default=())
    ocsp_responses: tuple[bytes, ...] = field(repr=False, default=())
    crls: tuple[bytes, ...] = field(repr=False, default=())


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What stands in the unsigned properties."""

    stamps: list[Stamp] = field(default_factory=list)
    archive_stamps: list[Stamp] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    ocsp_responses: list[bytes] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)


class _Reader(Protocol):
    def __call__(self, element: "etree._Element", gathered: _Gathered, /) -> None: ...


def read(element: "etree._Element", signature: "etree._Element") -> Properties:
    """Raises DocumentError signature_invalid (grammar, algorithm, binding)."""
    grammar.only_attributes(element, "Id", "Target")
    own = signature.get("Id", "")
    if not own or element.get("Target") != f"#{own}":
        grammar.reject(Reason.GRAMMAR)
    match grammar.elements(element):
        case [signed, *unsigned] if signed.tag == _name("SignedProperties"):
            if len(unsigned) > 1:
                grammar.reject(Reason.GRAMMAR)
        case _:
            grammar.reject(Reason.GRAMMAR)
    of_signature = _children(signed, "SignedSignatureProperties", one=True)
    gathered = _Gathered()
    properties = _unsigned(unsigned[0]) if unsigned else ()
    for one in properties:
        _READERS.get(str(one.tag), _unforeseen)(one, gathered)
    if len(gathered.stamps) + len(gathered.archive_stamps) > MAX_STAMPS:
        grammar.reject(Reason.GRAMMAR)
    if any(len(v) > MAX_VALUES for v in (gathered.ocsp_responses, gathered.crls)):
        grammar.reject(Reason.GRAMMAR)
    return Properties(
        signed=signed,
        signing_time=_signing_time(of_signature[0]),
        certificate=_certificate(of_signature[0]),
        stamps=tuple(gathered.stamps),
        archive_stamps=tuple(gathered.archive_stamps),
        unsigned=properties,
        certificates=tuple(dict.fromkeys(gathered.certificates))[:MAX_VALUES],
        ocsp_responses=tuple(gathered.ocsp_responses),
        crls=tuple(gathered.crls),
    )


def _name(local: str, namespace: str = XADES) -> str:
    return f"{{{namespace}}}{local}"


def _children(parent: "etree._Element", *names: str, one: bool = False) -> "list[etree._Element]":
    """Those with such a name; `one`: exactly one."""
    tags = {_name(name) for name in names}
    found = [child for child in grammar.elements(parent) if child.tag in tags]
    if one and len(found) != 1:
        grammar.reject(Reason.GRAMMAR)
    return found


def _signing_time(properties: "etree._Element") -> datetime | None:
    found = _children(properties, "SigningTime")
    if len(found) > 1:
        grammar.reject(Reason.GRAMMAR)
    return times.moment(grammar.leaf(found[0])) if found else None


def _certificate(properties: "etree._Element") -> CertificateDigest:
    """Of the first Cert, which is the signer's. The older form names its issuer otherwise, and by
    text that programs print differently, so only its digest counts.
    """
    match _children(properties, "SigningCertificate", "SigningCertificateV2"):
        case [one]:
            pass
        case _:
            grammar.reject(Reason.BINDING)
    listed = _children(one, "Cert")
    if not listed:
        grammar.reject(Reason.BINDING)
    digest = _children(listed[0], "CertDigest", one=True)[0]
    algorithm, value = signed_info.read_digest(
        *grammar.inside(digest, "DigestMethod", "DigestValue")
    )
    serials = [grammar.octets(serial) for serial in _children(listed[0], "IssuerSerialV2")]
    return CertificateDigest(
        algorithm=algorithm.value, value=value, issuer_serial=serials[0] if serials else None
    )


def _names(issuer_serial: bytes, certificate: bytes) -> bool:
    try:
        stated = tsp.IssuerSerial.load(issuer_serial, strict=True)
        (name,) = stated["issuer"]
        parsed = read_certificate(certificate)
        return bool(
            name.name == "directory_name"
            and name.chosen.untag().dump() == parsed.issuer.dump()
            and stated["serial_number"].native == parsed.serial_number
        )
    except UserError:
        return False
    except Exception:  # noqa: BLE001 - asn1crypto fails in many ways (certificates/describe.py)
        grammar.reject(Reason.GRAMMAR)


def _unsigned(element: "etree._Element") -> "tuple[etree._Element, ...]":
    if element.tag != _name("UnsignedProperties"):
        grammar.reject(Reason.GRAMMAR)
    grammar.only_attributes(element, "Id")
    (properties,) = grammar.elements(element, most=1) or (None,)
    if properties is None or properties.tag != _name("UnsignedSignatureProperties"):
        grammar.reject(Reason.GRAMMAR)
    grammar.only_attributes(properties, "Id")
    return tuple(grammar.elements(properties))


def _signature_stamp(element: "etree._Element", gathered: _Gathered) -> None:
    gathered.stamps += _stamps(element)


def _archive_stamp(element: "etree._Element", gathered: _Gathered) -> None:
    gathered.archive_stamps += _stamps(element)


def _stamps(element: "etree._Element") -> list[Stamp]:
    """Several tokens may stand in one property; they are of the same octets."""
    grammar.only_attributes(element, "Id")
    children = grammar.elements(element)
    canonical = Canonical()
    if children and children[0].tag == f"{{{DS}}}CanonicalizationMethod":
        canonical = signed_info.read_canonical(children.pop(0))
    if not children or any(child.tag != _name("EncapsulatedTimeStamp") for child in children):
        grammar.reject(Reason.GRAMMAR)
    return [
        Stamp(canonical=canonical, token=_encapsulated(child), element=element)
        for child in children
    ]


def _certificate_values(element: "etree._Element", gathered: _Gathered) -> None:
    grammar.only_attributes(element, "Id")
    for child in grammar.elements(element):
        if child.tag != _name("EncapsulatedX509Certificate"):
            grammar.reject(Reason.GRAMMAR)
        gathered.certificates.append(_encapsulated(child))


def _revocation_values(element: "etree._Element", gathered: _Gathered) -> None:
    grammar.only_attributes(element, "Id")
    kinds = {
        _name("CRLValues"): (_name("EncapsulatedCRLValue"), gathered.crls),
        _name("OCSPValues"): (_name("EncapsulatedOCSPValue"), gathered.ocsp_responses),
    }
    for values in grammar.elements(element):
        if values.tag not in kinds:
            grammar.reject(Reason.GRAMMAR)
        grammar.attributes(values)
        tag, into = kinds[values.tag]
        for child in grammar.elements(values):
            if child.tag != tag:
                grammar.reject(Reason.GRAMMAR)
            into.append(_encapsulated(child))


def _validation_data(element: "etree._Element", gathered: _Gathered) -> None:
    grammar.only_attributes(element, "Id", "URI")
    readers: dict[str, _Reader] = {
        _name("CertificateValues"): _certificate_values,
        _name("RevocationValues"): _revocation_values,
    }
    for child in grammar.elements(element):
        readers.get(str(child.tag), _unforeseen)(child, gathered)


def _unforeseen(_element: "etree._Element", _gathered: _Gathered) -> None:
    grammar.reject(Reason.GRAMMAR)


def _encapsulated(element: "etree._Element") -> bytes:
    grammar.only_attributes(element, "Id", "Encoding")
    return grammar.base64_octets(element)


_READERS: Final[dict[str, _Reader]] = {
    _name("SignatureTimeStamp"): _signature_stamp,
    _name("CertificateValues"): _certificate_values,
    _name("RevocationValues"): _revocation_values,
    _name("TimeStampValidationData", XADES_141): _validation_data,
    _name("AnyValidationData", XADES_141): _validation_data,
    _name("ArchiveTimeStamp", XADES_141): _archive_stamp,
}
