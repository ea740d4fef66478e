"""Reading ASN.1 from strangers, by position: nothing is copied, nothing is believed.

CMS may be in BER (Java's usual libraries write it so): lengths left open, strings in pieces. What
is signed must be in DER, where every value has one spelling; `Element.der` tells them apart.

Refused with Malformed: what ends too early or goes on behind its end, tags that CMS does not use,
and more elements or deeper nesting than a real file has, so that reading takes time in proportion
to the size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.formats.cms import der

MAX_DEPTH: Final = 32
#: In one structure. A document of 64 MiB may come in pieces of a thousand bytes.
MAX_ELEMENTS: Final = 100_000
_CONSTRUCTED: Final = 0x20
_APPLICATION: Final = 0x40  # below are the universal tags
_LONG_TAG: Final = 0x1F
_OPEN: Final = 0x80
_MAX_LENGTH_OCTETS: Final = 5


class Malformed(Exception):  # noqa: N818 - it reads as what is the matter
    """Not ASN.1, or none that is taken here."""


@dataclass(frozen=True, slots=True)
class Element:
    tag: int  # the identifier octet
    content: memoryview
    whole: memoryview  # with tag and length
    der: bool  # its length is written as DER wants; says nothing of what is inside

    def children(self) -> tuple["Element", ...]:
        """What it consists of. Raises Malformed."""
        if not self.tag & _CONSTRUCTED:
            raise Malformed
        return tuple(_elements(self.content))

    def all_der(self, *, depth: int = 0) -> bool:
        """Whether this element and all within it are in the form that DER wants: no open or
        lengthened lengths, no strings in pieces. Raises Malformed.
        """
        if depth > MAX_DEPTH:
            raise Malformed
        if not self.tag & _CONSTRUCTED:
            return self.der
        in_pieces = self.tag < _APPLICATION and self.tag not in (der.SEQUENCE, der.SET)
        return (
            self.der
            and not in_pieces
            and all(child.all_der(depth=depth + 1) for child in self.children())
        )


def read(octets: bytes | memoryview) -> Element:
    """The one element that `octets` are. Raises Malformed."""
    found = _read(memoryview(octets), 0, depth=0)
    if len(found.whole) != len(octets):
        raise Malformed
    return found


def first(octets: bytes | memoryview) -> Element:
    """The one that `octets` begin with. Raises Malformed."""
    return _read(memoryview(octets), 0, depth=0)


def octets(string: Element) -> bytes:
    """The value of an OCTET STRING, whole or in pieces. Raises Malformed."""
    if string.tag == der.OCTET_STRING:
        return bytes(string.content)
    if string.tag != der.OCTET_STRING | _CONSTRUCTED:
        raise Malformed
    pieces = string.children()
    if any(piece.tag != der.OCTET_STRING for piece in pieces):
        raise Malformed
    return b"".join(piece.content for piece in pieces)


def integer(element: Element) -> int:
    """Raises Malformed for none, and for one that is not written in its shortest form."""
    content = bytes(element.content)
    if element.tag != der.INTEGER or content != _shortest(content):
        raise Malformed
    return int.from_bytes(content, signed=True)


def dotted(oid: Element) -> str:
    """An OBJECT IDENTIFIER as people write it. Raises Malformed."""
    content = bytes(oid.content)
    if oid.tag != der.OID or not content or content[-1] & 0x80:
        raise Malformed
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _shortest(content: bytes) -> bytes:
    if not content:
        raise Malformed
    value = int.from_bytes(content, signed=True)
    # -128 fits one octet, although its magnitude has eight bits.
    size = ((value if value >= 0 else ~value).bit_length() + 8) // 8
    return value.to_bytes(size, signed=True)


def _elements(content: memoryview) -> Iterator[Element]:
    at, count = 0, 0
    while at < len(content):
        count += 1
        if count > MAX_ELEMENTS:
            raise Malformed
        element = _read(content, at, depth=0)
        yield element
        at += len(element.whole)


def _read(data: memoryview, at: int, *, depth: int) -> Element:
    tag, start, length, shortest = head(data, at)
    if length is None:
        end = _end_of_contents(data, start, depth=depth + 1)
        return Element(tag, data[start:end], data[at : end + 2], der=False)
    end = start + length
    if end > len(data):
        raise Malformed
    return Element(tag, data[start:end], data[at:end], der=shortest)


def head(data: memoryview, at: int) -> tuple[int, int, int | None, bool]:
    """Tag, where the content starts, how long it is if that is said, and whether shortly.

    Raises Malformed.
    """
    try:
        tag, first = data[at], data[at + 1]
        if tag & _LONG_TAG == _LONG_TAG or tag == 0:
            raise Malformed
        start = at + 2
        if first < _OPEN:
            return tag, start, first, True
        if first == _OPEN:
            if not tag & _CONSTRUCTED:
                raise Malformed
            return tag, start, None, False
        count = first & 0x7F
        if count > _MAX_LENGTH_OCTETS or start + count > len(data):
            raise Malformed
        length = int.from_bytes(data[start : start + count])
        return tag, start + count, length, length >= _OPEN and data[start] != 0
    except IndexError:
        raise Malformed from None


def _end_of_contents(data: memoryview, at: int, *, depth: int) -> int:
    """Where the two zeros stand that end a structure of open length."""
    if depth > MAX_DEPTH:
        raise Malformed
    for _ in range(MAX_ELEMENTS):
        if bytes(data[at : at + 2]) == b"\0\0":
            return at
        at += len(_read(data, at, depth=depth).whole)
    raise Malformed
