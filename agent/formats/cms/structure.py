"""SignedData taken apart (RFC 5652 §5): its grammar, without asking what is true of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from agent.formats.algorithms import Scheme
from agent.formats.cms import ber, der, identifiers, oids
from agent.formats.cms.ber import Element
from agent.formats.cms.reasons import Reason, Rejected

MAX_CERTIFICATES: Final = 64
#: Of one. Certificates are remembered while signatures are looked at, and real ones have 2 KB.
MAX_CERTIFICATE_BYTES: Final = 64 * 1024
MAX_SIGNERS: Final = 16
#: CRLs and OCSP answers.
MAX_REVOCATIONS: Final = 64
_VERSIONS: Final = (1, 3, 4, 5)
_BY_ISSUER_AND_SERIAL: Final = 1
_BY_KEY_IDENTIFIER: Final = 3
_KEY_IDENTIFIER: Final = 0x80
_FIRST, _SECOND = 0xA0, 0xA1  # [0] and [1]
_SUCCESSFUL: Final = b"\x0a\x01\x00"  # an OCSPResponseStatus (RFC 6960 §4.2.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    #: Issuer's name and serial number, both in DER; or None, and there is a key identifier.
    issuer_and_serial: tuple[bytes, bytes] | None
    key_identifier: bytes | None
    digest: str  # hashlib's name
    scheme: Scheme
    salt_bytes: int | None
    signed: Element | None = field(repr=False)  # the signed attributes, [0]
    signature: bytes = field(repr=False)
    unsigned: Element | None = field(repr=False)  # [1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    content_type: bytes  # an encoded OBJECT IDENTIFIER
    content: bytes | None = field(repr=False)  # None: detached
    certificates: tuple[bytes, ...] = field(repr=False)  # DER, as they come, no two alike
    crls: tuple[bytes, ...] = field(repr=False)  # CertificateList, not looked at
    ocsp_responses: tuple[bytes, ...] = field(repr=False)  # OCSPResponse, not looked at
    signers: tuple[SignerInfo, ...]


def read_signed_data(octets: bytes) -> SignedData:
    """Raises DocumentError signature_invalid (grammar, algorithm)."""
    try:
        return _signed_data(signed_data_element(octets))
    except ber.Malformed as error:
        raise Rejected(Reason.GRAMMAR) from error


def signed_data_element(octets: bytes | memoryview) -> Element:
    """What the ContentInfo contains. Raises Malformed; DocumentError signature_invalid."""
    info = ber.read(octets)
    match info.tag, info.children():
        case der.SEQUENCE, (oid, explicit) if oid.whole == oids.SIGNED_DATA:
            match explicit.tag, explicit.children():
                case 0xA0, (found,) if found.tag == der.SEQUENCE:
                    return found
    raise Rejected(Reason.GRAMMAR)


def _signed_data(element: Element) -> SignedData:
    version, digests, encapsulated, *rest = _at_least(element.children(), 4)
    if ber.integer(version) not in _VERSIONS or digests.tag != der.SET:
        raise Rejected(Reason.GRAMMAR)
    announced = {identifiers.read_digest(one) for one in digests.children()}
    content_type, content = _encapsulated(encapsulated)
    certificates: tuple[bytes, ...] = ()
    if rest[0].tag == _FIRST:
        certificates = _certificates(rest.pop(0))
    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    if rest and rest[0].tag == _SECOND:
        crls, ocsp_responses = _revocations(rest.pop(0))
    if len(rest) != 1 or rest[0].tag != der.SET:
        raise Rejected(Reason.GRAMMAR)
    signers = tuple(_signer(one) for one in rest[0].children())
    if not 0 < len(signers) <= MAX_SIGNERS:
        raise Rejected(Reason.GRAMMAR)
    if not {signer.digest for signer in signers} <= announced:
        raise Rejected(Reason.ALGORITHM)
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=certificates,
        crls=crls,
        ocsp_responses=ocsp_responses,
        signers=signers,
    )


def _encapsulated(element: Element) -> tuple[bytes, bytes | None]:
    match element.tag, element.children():
        case der.SEQUENCE, (oid,):
            return bytes(oid.whole), None
        case der.SEQUENCE, (oid, explicit) if explicit.tag == _FIRST:
            (string,) = _exactly(explicit.children(), 1)
            return bytes(oid.whole), ber.octets(string)
    raise Rejected(Reason.GRAMMAR)


def _certificates(element: Element) -> tuple[bytes, ...]:
    """X.509 certificates alone: attribute certificates and the like say nothing about a key."""
    found = element.children()
    if len(found) > MAX_CERTIFICATES:
        raise Rejected(Reason.GRAMMAR)
    if any(one.tag != der.SEQUENCE or len(one.whole) > MAX_CERTIFICATE_BYTES for one in found):
        raise Rejected(Reason.GRAMMAR)
    return tuple(dict.fromkeys(bytes(one.whole) for one in found))


def _revocations(element: Element) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """CRLs and OCSP answers (RFC 5652 §10.2.1, RFC 5940); of what else there may be nothing."""
    found = element.children()
    if len(found) > MAX_REVOCATIONS:
        raise Rejected(Reason.GRAMMAR)
    crls, answers = [], []
    for one in found:
        if one.tag == der.SEQUENCE:
            crls.append(bytes(one.whole))
        elif one.tag == _SECOND:
            kind, value = _exactly(one.children(), 2)
            match bytes(kind.whole):
                case oids.OCSP_RESPONSE:
                    answers.append(bytes(value.whole))
                case oids.OCSP_BASIC:
                    answers.append(_response(bytes(value.whole)))
    return tuple(crls), tuple(answers)


def _response(basic: bytes) -> bytes:
    """The OCSPResponse of a BasicOCSPResponse."""
    octets = der.sequence(oids.OCSP_BASIC, der.octet_string(basic))
    return der.sequence(_SUCCESSFUL, der.tagged(0, octets))


def _signer(element: Element) -> SignerInfo:
    version, identity, digest, *rest = _at_least(element.children(), 5)
    if element.tag != der.SEQUENCE:
        raise Rejected(Reason.GRAMMAR)
    signed = rest.pop(0) if rest[0].tag == _FIRST else None
    unsigned = rest.pop() if rest and rest[-1].tag == _SECOND else None
    method, value = _exactly(rest, 2)
    name = identifiers.read_digest(digest)
    scheme, salt_bytes = identifiers.read_signature(method, digest=name)
    issuer_and_serial, key_identifier = _identity(ber.integer(version), identity)
    if value.tag != der.OCTET_STRING:
        raise Rejected(Reason.GRAMMAR)
    return SignerInfo(
        issuer_and_serial=issuer_and_serial,
        key_identifier=key_identifier,
        digest=name,
        scheme=scheme,
        salt_bytes=salt_bytes,
        signed=signed,
        signature=bytes(value.content),
        unsigned=unsigned,
    )


def _identity(
    version: int, identity: Element
) -> tuple[tuple[bytes, bytes], None] | tuple[None, bytes]:
    match version, identity.tag:
        case 1, der.SEQUENCE:
            issuer, serial = _exactly(identity.children(), 2)
            return (bytes(issuer.whole), bytes(serial.whole)), None
        case 3, 0x80:
            return None, bytes(identity.content)
    raise Rejected(Reason.GRAMMAR)


def attribute_values(
    attributes: Element,
) -> Iterator[tuple[bytes, tuple[Element, ...]]]:
    """Type and values of each attribute of a [0] or [1]. Raises Malformed; signature_invalid."""
    for attribute in attributes.children():
        oid, values = _exactly(attribute.children(), 2)
        if attribute.tag != der.SEQUENCE or oid.tag != der.OID or values.tag != der.SET:
            raise Rejected(Reason.GRAMMAR)
        yield bytes(oid.whole), values.children()


def _at_least(children: tuple[Element, ...], count: int) -> tuple[Element, ...]:
    if len(children) < count:
        raise Rejected(Reason.GRAMMAR)
    return children


def _exactly(children: tuple[Element, ...] | list[Element], count: int) -> tuple[Element, ...]:
    if len(children) != count:
        raise Rejected(Reason.GRAMMAR)
    return tuple(children)
