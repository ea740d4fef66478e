"""Where the signature stands: in the document, around it, or beside it; and what it refers to.

enveloped    Reference to "" or to "#Id"; the document's bytes stay as they are around it
enveloping   Reference to the ds:Object. XML stands in it as it is, but for its declaration,
which stands before the signature; other bytes stand in base64, and the digest is
of the bytes
detached     Reference to a file name, or without a URI, and without transforms: the digest is
of the file's bytes. xmlsec1 opens the file of that name beside the signature;
signxml asks its `uri_resolver`. Without a URI, the receiver must know.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from lxml import etree

from agent.documents import Description, Document
from agent.errors import DocumentError
from agent.formats import content
from agent.formats.xml import canonical, cosigning, receivers, reference
from agent.formats.xml.algorithms import DS
from agent.formats.xml.container import Gap, place_at_end
from agent.formats.xml.intake import mark_of, take_in
from agent.formats.xml.markup import attribute, base64_text
from agent.formats.xml.positions import Codec
from agent.formats.xml.preview import preview
from agent.formats.xml.profiles import Canonicalization, Transform
from agent.formats.xml.shaped.written import in_place
from agent.formats.xml_shape import Content, Packaging, XmlShape
from protocol.limits import MAX_XML_BYTES

_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^>]*\?>")
_NEW: Final = Codec("utf-8")
#: Base64 makes three bytes four.
MAX_BASE64_BYTES: Final = MAX_XML_BYTES // 4 * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All that is known of a document before its signature is written."""

    gap: Gap
    container: "etree._Element | None"  # None: the signature is the root
    uri: str | None
    transforms: tuple[Transform, ...]
    octets: bytes | None = field(repr=False)  # what is digested; None: the document itself
    object: str = field(repr=False, default="")  # ds:Object that is enveloped
    mime_type: str
    description: Description
    external: Document | None = field(repr=False, default=None)


def find(document: Document, shape: XmlShape) -> Place:
    """Raises DocumentError document_*, container_*, reference_*, signature_in_the_way."""
    match shape.packaging:
        case Packaging.ENVELOPED:
            return _enveloped(content.held(document, limit=MAX_XML_BYTES), shape)
        case Packaging.ENVELOPING if shape.content is Content.XML:
            return _enveloping(content.held(document, limit=MAX_XML_BYTES), shape)
        case Packaging.ENVELOPING:
            return _enveloping_base64(content.held(document, limit=MAX_BASE64_BYTES), shape)
        case Packaging.DETACHED:
            return _detached(document, shape)


def object_id(shape: XmlShape) -> str:
    return f"{shape.signature_id}-content"


def own_ids(shape: XmlShape) -> tuple[str, ...]:
    """All Ids that a signature of this shape may bring along."""
    endings = ("", "-value", "-properties", "-reference", "-content", "-time")
    return tuple(shape.signature_id + ending for ending in endings)


def _enveloped(document: bytes, shape: XmlShape) -> Place:
    path = shape.container or ("*",)
    intake = take_in(document, path=path)
    container, gap = place_at_end(intake, path)
    target = _target(intake.tree, shape)
    if target.element is not None and not receivers.read_what_is_signed(
        intake.tree, container, [target.element]
    ):
        raise DocumentError("option_unsupported", option="xml", field="element")
    cosigning.check_shaped(intake.tree, container=container, own_ids=own_ids(shape))
    text, cut = preview(intake.tree, of=target.element, named=target.element is None)
    canonical.check_context(container)
    method = Canonicalization(shape.canonicalization)
    is_around = target.element in (None, container, *container.iterancestors())
    transforms = (Transform.ENVELOPED_SIGNATURE,) if is_around else ()
    return Place(
        gap=gap,
        container=container,
        uri=target.uri,
        transforms=(*transforms, Transform(method)),
        octets=reference.octets(intake.tree, target, (Transform(method),)),
        mime_type="text/xml",
        description=_described(document, text, cut=cut),
    )


def _target(tree: "etree._ElementTree[etree._Element]", shape: XmlShape) -> reference.Target:
    if shape.element:
        return reference.at(tree, shape.element)
    if shape.element_id:
        return reference.by_id(tree, shape.element_id)
    return reference.Target(uri="", element=None)


def _enveloping(document: bytes, shape: XmlShape) -> Place:
    intake = take_in(document, path=("*",))
    if cosigning.all_signatures(intake.tree):
        raise DocumentError("signature_in_the_way", reason="place")
    cosigning.check_ids(intake.tree, own_ids(shape))
    text, cut = preview(intake.tree, named=True)
    mark = mark_of(document)
    inner = document[len(mark) :].decode(intake.codec)
    declaration = found[0] if (found := _DECLARATION.match(inner)) else ""
    written = (
        f'<ds:Object Id="{attribute(object_id(shape))}">{inner[len(declaration) :]}</ds:Object>'
    )
    method = Canonicalization(shape.canonicalization)
    return Place(
        gap=Gap(before=mark + declaration.encode(intake.codec), after=b"", codec=intake.codec),
        container=None,
        uri=f"#{object_id(shape)}",
        transforms=(Transform(method),),
        octets=canonical.subtree(in_place(None, written, method), method),
        object=written,
        mime_type="text/xml",
        description=_described(document, text, cut=cut),
    )


def _enveloping_base64(document: bytes, shape: XmlShape) -> Place:
    written = (
        f'<ds:Object Encoding="{DS}base64" Id="{attribute(object_id(shape))}">'
        f"{base64_text(document)}</ds:Object>"
    )
    return Place(
        gap=Gap(before=b"", after=b"", codec=_NEW),
        container=None,
        uri=f"#{object_id(shape)}",
        transforms=(Transform.BASE64,),
        octets=document,
        object=written,
        mime_type="application/octet-stream",
        description=content.describe(document, kind="other"),
    )


def _detached(document: Document, shape: XmlShape) -> Place:
    return Place(
        gap=Gap(before=b"", after=b"", codec=_NEW),
        container=None,
        uri=quote(shape.uri, safe="(),;@+=~") if shape.uri else None,
        transforms=(),
        octets=None,
        mime_type="application/octet-stream",
        description=content.describe(document, kind="other"),
        external=document,
    )


def _described(document: bytes, text: str, *, cut: bool) -> Description:
    return Description(
        kind="xml",
        sha256=hashlib.sha256(document).hexdigest(),
        size=len(document),
        preview=text,
        preview_cut=cut,
    )
