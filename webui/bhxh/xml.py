"""Reading XML from outside: UTF-8, bounded, no DTD, nothing fetched, nothing expanded (T9, T10)."""

import re
from typing import Final

from lxml import etree

from webui.bhxh.rules import MAX_DOCUMENT_BYTES

_BOM: Final = b"\xef\xbb\xbf"
_DECLARED_ENCODING: Final = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


class XmlRefused(Exception):  # noqa: N818 - it reads as what happened to the document
    """Not XML that we read; the message says why, for the log and the history."""


def parse(data: bytes) -> etree._Element:
    """The root element. Raises XmlRefused.

    A byte order mark is accepted (some real files have one [V]); comments and processing
    instructions are not, since a signature in this profile does not cover all of them.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise XmlRefused("too large")
    body = data.removeprefix(_BOM)
    declared = _DECLARED_ENCODING.match(body)
    if declared and declared[1].upper() not in {b"UTF-8", b"UTF8"}:
        raise XmlRefused("not declared as UTF-8")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlRefused("not UTF-8") from error
    # With the encoding known to be UTF-8 this search cannot be dodged by another encoding.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise XmlRefused("has a DTD")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlRefused(f"not well-formed: {error}") from error
    outside = [root.getprevious(), root.getnext()]
    inside = (node for node in root.iter() if not isinstance(node.tag, str))
    if any(node is not None for node in outside) or next(inside, None) is not None:
        raise XmlRefused("has comments, processing instructions or entity references")
    return root


def canonical(root: etree._Element) -> bytes:
    """Inclusive C14N 1.0 without comments, of a whole document (the root, not a part of a tree)."""
    return etree.tostring(root.getroottree(), method="c14n", exclusive=False, with_comments=False)


def text_at(root: etree._Element, path: str) -> str:
    """The stripped text of the element at `path`, or "" where there is none."""
    return (root.findtext(path) or "").strip()
