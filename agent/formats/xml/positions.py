"""Where an element stands in the bytes of a document that has one such element."""

import re
from dataclasses import dataclass
from typing import Final, NewType

from lxml import etree

#: A path from the root: local names, "{uri}name", or "*".
Path = tuple[str, ...]
Codec = NewType("Codec", str)

#: A start tag behind its name; well-formed, for a parser has read it.
_REST_OF_TAG: Final = rb"""(?:[^"'>]|"[^"]*"|'[^']*')*"""
#: Codecs in which a letter of ASCII is that byte, and that byte no part of another.
_ASCII: Final = frozenset({"utf-8", "ascii", "latin-1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Byte positions of an element: of its start tag's "<", and of its end tag's.

    An empty-element tag (`<a/>`) ends behind its ">".
    """

    start: int
    end: int


def elements_at(tree: "etree._ElementTree[etree._Element]", path: Path) -> list["etree._Element"]:
    """All elements whose path from the root is `path`, in document order."""
    root = tree.getroot()
    level = [root] if path[0] in ("*", root.tag) else []
    for name in path[1:]:
        level = [child for element in level for child in element.iterchildren(name)]
    return level


def glanced(
    data: bytes, tree: "etree._ElementTree[etree._Element]", path: Path, *, codec: Codec
) -> tuple[Span, ...] | None:
    """The spans of the elements at `path`, if that is plain to see; None where it is not.

    The tags of the one element stand somewhere in the bytes. So where nothing else in them looks
    like its start tag, no comment or CDATA section either, that is it; and likewise its end tag.
    """
    found = elements_at(tree, path)
    if not found:
        return ()
    if len(found) > 1 or codec not in _ASCII:
        return None
    (element,) = found
    local = etree.QName(element).localname
    name = f"{element.prefix}:{local}" if element.prefix else local
    if not name.isascii():
        return None
    written = re.escape(name.encode())
    starts = [match.start() for match in re.finditer(b"<" + written + rb"(?=[\s/>])", data)]
    ends = [match.start() for match in re.finditer(b"</" + written + rb"(?=[\s>])", data)]
    if len(starts) != 1:
        return None
    tag = re.compile(b"<" + written + _REST_OF_TAG + b">").match(data, starts[0])
    assert tag is not None  # a parser has read it
    if tag[0].endswith(b"/>"):
        return (Span(start=tag.start(), end=tag.end()),) if not ends else None
    return (Span(start=tag.start(), end=ends[0]),) if len(ends) == 1 else None
