"""From hostile bytes to a tree that may be signed or verified, or to one documented error.

Two parsers read the document. Expat goes first and stops at the first sign of a DOCTYPE; libxml2
then builds the tree that is canonicalised. What one of them refuses is refused.

A `_Scanner` also keeps the bounds below while nothing has been built yet, and tells the byte
positions that libxml2 does not. It calls back into Python for each element, which takes three times
as long as all else here. So ordinary documents, which cannot break a bound before the tree is
there and have their place for a signature written once, are only glanced at (`_Glance`).

Refused for good: DTDs (so there are no entities and no default attributes), encodings other than
the four that every XML parser reads alike, undeclared prefixes, XML 1.1. XInclude is ordinary
markup here and is never followed; nothing is ever fetched.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import positions
from agent.formats.xml.positions import Codec, Path, Span
from protocol.limits import MAX_XML_BYTES

#: Room that a signature may add to the largest document that could be signed, bytes.
SIGNATURE_ROOM: Final = 64 * 1024
#: A real dossier is some ten levels deep.
MAX_DEPTH: Final = 128
#: Elements, and again comments, instructions and CDATA sections together. Each costs a hundred
#: bytes and more in memory, however short it is in the file.
MAX_NODES: Final = 200_000
#: libxml2 sorts attributes and looks up namespaces in time that grows with the square of these.
MAX_ATTRIBUTES: Final = 256
MAX_NAMESPACES: Final = 64

_TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
_TOO_MANY_ATTRIBUTES: Final = etree.XPath(f"boolean(//@*[{MAX_ATTRIBUTES + 1}])")

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, None),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, Codec("utf-8")),
    (codecs.BOM_UTF16_LE, Codec("utf-16-le")),
    (codecs.BOM_UTF16_BE, Codec("utf-16-be")),
)
_WITHOUT_BOM: Final = {
    "utf-8": Codec("utf-8"),
    "us-ascii": Codec("ascii"),
    "iso-8859-1": Codec("latin-1"),
}
#: libxml2 writes namespace URIs into canonical XML as they are, although these characters must be
#: escaped there; .NET and Java would find another digest. No real namespace has them.
_UNESCAPABLE: Final = frozenset('&<"\t\n\r')
_FAMILY: Final = {"utf-8": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
_DECLARED: Final = re.compile(
    r"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""", re.IGNORECASE
)
_WRONG_ENCODING: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
    expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    data: bytes
    codec: Codec  # of the document, without the byte order mark
    tree: "etree._ElementTree[etree._Element]"
    spans: tuple[Span, ...]  # of the elements at the path that was asked for


def take_in(data: bytes, *, path: Path, limit: int = MAX_XML_BYTES) -> Intake:
    """Read `data`, noting where the elements at `path` stand.

    Raises DocumentError document_too_large, document_encoding, document_has_dtd,
    document_malformed.
    """
    if len(data) > limit:
        raise DocumentError("document_too_large", size=len(data), limit=limit)
    codec, declared = _encoding(data)
    if data.count(b"<") <= MAX_NODES:  # so it has no more of anything that begins with one
        _Glance(declared).scan(data)
        try:
            tree = _parse(data)
        except DocumentError:
            _Scanner(path, declared).scan(data)  # to say that it is too deep, if that is why
            raise
        if not _TOO_DEEP(tree) and not _TOO_MANY_ATTRIBUTES(tree):
            found = positions.glanced(data, tree, path, codec=codec)
            if found is not None:
                return Intake(data=data, codec=codec, tree=tree, spans=found)
    scanner = _Scanner(path, declared)
    scanner.scan(data)
    tree = _parse(data)
    if tree.xpath("count(//*)") != scanner.elements:
        raise DocumentError("document_malformed", reason="ambiguous")
    return Intake(data=data, codec=codec, tree=tree, spans=tuple(scanner.spans))


def own(data: bytes) -> "etree._ElementTree[etree._Element]":
    """The tree of what we have made of a document that was taken in."""
    return _parse(data)


def _encoding(data: bytes) -> tuple[Codec, str]:
    """The codec, and the encoding as declared ("" for none), in lower case.

    Mark, declaration and every byte must agree: .NET's StringWriter, for one, declares UTF-16 in
    what is then saved as UTF-8, and receivers differ in what they make of that.
    """
    mark, codec = _marked(data)
    head = data[len(mark) : 1024]
    found = _DECLARED.match(head.decode(codec or "latin-1", "replace"))
    declared = found[1].lower() if found else ""
    if mark:
        if codec is not None and declared not in ("", _FAMILY[codec]):
            codec = None
    elif b"\0" not in head[:4]:  # UTF-16 must bear a mark (XML 1.0 §4.3.3)
        codec = _WITHOUT_BOM.get(declared or "utf-8")
    if codec is None:
        raise DocumentError("document_encoding", encoding=declared[:40])
    try:
        data[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        raise DocumentError(
            "document_encoding", encoding=declared or codec, position=len(mark) + error.start
        ) from None
    return codec, declared


def end_of(intake: Intake, element: "etree._Element") -> int:
    """The byte position of an element's end tag; `element` is in the tree of `intake`."""
    path = tuple(str(one.tag) for one in (*reversed(list(element.iterancestors())), element))
    found = positions.glanced(intake.data, intake.tree, path, codec=intake.codec)
    if found is None:
        scanner = _Scanner(path, _encoding(intake.data)[1])
        scanner.scan(intake.data)
        found = tuple(scanner.spans)
    return found[positions.elements_at(intake.tree, path).index(element)].end


def mark_of(data: bytes) -> bytes:
    """The byte order mark, or b"" for none."""
    return _marked(data)[0]


def _marked(data: bytes) -> tuple[bytes, Codec | None]:
    return next(((mark, codec) for mark, codec in _BOMS if data.startswith(mark)), (b"", None))


class _Glance:
    """One pass of expat: the ban on DTDs, the declaration, namespaces."""

    def __init__(self, declared: str) -> None:
        self._declared = declared
        self._namespaces = 0
        self._parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.XmlDeclHandler = self._on_declaration
        parser.StartDoctypeDeclHandler = self._on_doctype
        parser.StartNamespaceDeclHandler = self._on_namespace
        parser.EndNamespaceDeclHandler = self._on_namespace_end

    def scan(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            if error.code in _WRONG_ENCODING:
                raise DocumentError("document_encoding", line=error.lineno) from None
            raise DocumentError(
                "document_malformed", line=error.lineno, column=error.offset
            ) from None

    def _on_declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise DocumentError("document_malformed", reason="version")
        if (encoding or "").lower() != self._declared:
            raise DocumentError("document_encoding", encoding=(encoding or "")[:40])

    def _on_doctype(self, *_: object) -> None:
        raise DocumentError("document_has_dtd")

    def _on_namespace(self, _prefix: str | None, uri: str | None) -> None:
        if not _UNESCAPABLE.isdisjoint(uri or ""):
            raise DocumentError("document_malformed", reason="namespace")
        self._namespaces += 1
        if self._namespaces > MAX_NAMESPACES:
            raise DocumentError("document_too_large", namespaces=MAX_NAMESPACES)

    def _on_namespace_end(self, _prefix: str | None) -> None:
        self._namespaces -= 1


class _Scanner(_Glance):
    """The same, and bounds, and the spans of the elements at one path."""

    def __init__(self, path: Path, declared: str) -> None:
        super().__init__(declared)
        self.spans: list[Span] = []
        self.elements = 0
        self._path = path
        self._matched = 0  # leading names of the path that the open elements match
        self._depth = 0
        self._others = 0  # nodes that are not elements
        self._start = 0
        parser = self._parser
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CommentHandler = self._on_node
        parser.ProcessingInstructionHandler = self._on_node
        parser.StartCdataSectionHandler = self._on_node

    def _on_node(self, *_: object) -> None:
        self._others += 1
        if self._others > MAX_NODES:
            raise DocumentError("document_too_large", nodes=MAX_NODES)

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_NODES:
            raise DocumentError("document_too_large", nodes=MAX_NODES)
        if len(attributes) > MAX_ATTRIBUTES:
            raise DocumentError("document_too_large", attributes=MAX_ATTRIBUTES)
        depth = self._depth
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise DocumentError("document_too_large", depth=MAX_DEPTH)
        if depth == self._matched < len(self._path) and self._path[depth] in (
            "*",
            "{" + name if "}" in name else name,
        ):
            self._matched += 1
            if self._matched == len(self._path):
                self._start = self._parser.CurrentByteIndex

    def _on_end(self, _name: str) -> None:
        if self._depth == self._matched:
            if self._matched == len(self._path):
                self.spans.append(Span(start=self._start, end=self._parser.CurrentByteIndex))
            self._matched -= 1
        self._depth -= 1


def _parse(data: bytes) -> "etree._ElementTree[etree._Element]":
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_blank_text=False,
        remove_comments=False,
        remove_pis=False,
        huge_tree=True,  # the bounds above are ours; libxml2's own would refuse a 10 MB file node
        collect_ids=False,
    )
    try:
        tree = etree.ElementTree(etree.fromstring(data, parser))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise DocumentError("document_malformed", line=line, column=column) from None
    if tree.docinfo.internalDTD is not None:  # expat has refused it already
        raise DocumentError("document_has_dtd")
    return tree
