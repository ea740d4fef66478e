"""What an entry relies on: certificates, revocation answers, time stamps. Pure.

Each is named by the SHA-256 of its DER and kept once, however many entries name it. Of what kind it
is says its own outermost structure, so nobody has to be believed about it:

    certificate   SEQUENCE { SEQUENCE { [0] version … } …               RFC 5280 §4.1
                  SEQUENCE { SEQUENCE { serial, algorithm, issuer, validity … } …
    crl           SEQUENCE { SEQUENCE { version?, algorithm, issuer, time … } …        §5.1
    ocsp          SEQUENCE { ENUMERATED …                               RFC 6960 §4.2.1
    timestamp     SEQUENCE { OBJECT IDENTIFIER …                        RFC 5652 §3
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final, Self

_INTEGER: Final = 0x02
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0  # [0] EXPLICIT, which only a certificate begins with
_LONG_FORM: Final = 0x80


class Kind(StrEnum):
    CERTIFICATE = "certificate"
    OCSP = "ocsp"
    CRL = "crl"
    TIMESTAMP = "timestamp"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One piece of evidence. Two with the same hash are the same."""

    kind: Kind
    sha256: str  # hex
    #: None where only the name was read: `Journal.evidence` has the rest.
    der: bytes | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, der: bytes) -> Self:
        return cls(kind=kind_of(der), sha256=hashlib.sha256(der).hexdigest(), der=der)


def kind_of(der: bytes) -> Kind:
    """By its structure alone; never raises."""
    outer = next(_elements(der), None)
    if outer is None or outer[0] != _SEQUENCE:
        return Kind.OTHER
    tag, content = next(_elements(outer[1]), (0, b""))
    match tag:
        case 0x0A:  # ENUMERATED
            return Kind.OCSP
        case 0x06:  # OBJECT IDENTIFIER
            return Kind.TIMESTAMP
        case 0x30:  # SEQUENCE
            return _signed_by_an_authority(content)
        case _:
            return Kind.OTHER


def _signed_by_an_authority(content: bytes) -> Kind:
    tags = [tag for tag, _ in islice(_elements(content), 4)]
    if tags[:1] == [_VERSION]:
        return Kind.CERTIFICATE
    if tags[:1] == [_INTEGER]:
        del tags[0]  # a CRL's version, or the serial of a certificate of version 1
    match tags[:3]:
        case [0x30, 0x30, 0x17 | 0x18]:  # SEQUENCEs, then UTCTime or GeneralizedTime
            return Kind.CRL
        case [0x30, 0x30, 0x30]:
            return Kind.CERTIFICATE
        case _:
            return Kind.OTHER


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of the elements that `der` consists of, up to the first that is none."""
    place = 0
    while place + 2 <= len(der):
        tag, length = der[place], der[place + 1]
        place += 2
        if length >= _LONG_FORM:
            octets = length - _LONG_FORM
            length = int.from_bytes(der[place : place + octets])
            place += octets
        if place + length > len(der):
            return
        yield tag, der[place : place + length]
        place += length
