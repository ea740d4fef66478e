"""What the references of a signature lead to, and that no reader can be led elsewhere."""

import hmac
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lxml import etree

from agent.documents import Document
from agent.errors import DocumentError
from agent.formats import content
from agent.formats.xml import algorithms, canonical, grammar, receivers, reference
from agent.formats.xml.algorithms import DS
from agent.formats.xml.general.objects import Objects
from agent.formats.xml.general.signed_info import Canonical, Reference
from agent.formats.xml.general.xades import SIGNED_PROPERTIES_TYPE
from agent.formats.xml.grammar import Reason
from agent.formats.xml.intake import take_in
from protocol.limits import MAX_XML_BYTES

_ID: Final = re.compile(r"[^\W\d][\w.:-]{0,199}")
_WITH_ID: Final = etree.XPath("//*[@*[translate(local-name(),'ID','id')='id']]")
#: More elements of one name are rows, not what is signed by itself.
_MAX_NAMESAKES: Final = 1000
_SIGNATURE: Final = f"{{{DS}}}Signature"


class Coverage(StrEnum):
    DOCUMENT = "document"  # all but the signature itself
    ELEMENT = "element"
    OBJECT = "object"  # within an enveloping signature
    EXTERNAL = "external"  # a document given apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    kind: Coverage
    name: str  # the element's name and Id, the Object's Id, or the URI; "" for the document
    octets: bytes = field(repr=False)  # what was digested; b"" where only its hash is at hand
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A reference, and where it leads: an element, None with a kind, or a part of the signature."""

    reference: Reference
    kind: Coverage | None  # None: a part of the signature itself
    element: "etree._Element | None" = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    tree: "etree._ElementTree[etree._Element]"
    ids: Counter[str]  # how often each Id occurs, however it is spelt
    by_id: "dict[str, etree._Element]"

    @classmethod
    def of(cls, tree: "etree._ElementTree[etree._Element]") -> "Surroundings":
        """Looked up once: a stranger's file may have very many of both Ids and references."""
        found = _WITH_ID(tree)
        assert isinstance(found, list)  # of elements, by what it selects
        by_id = {
            value: element
            for element in found
            for name, value in element.attrib.items()
            if name.rpartition("}")[2].lower() == "id"
        }
        return cls(tree=tree, ids=reference.ids(tree), by_id=by_id)


def leads(
    references: tuple[Reference, ...],
    *,
    signature: "etree._Element",
    key_info: "etree._Element",
    objects: Objects,
    around: Surroundings,
) -> tuple[Lead, ...]:
    """Raises DocumentError signature_invalid (reference, grammar, place)."""
    found = tuple(_lead(one, signature, key_info, objects, around) for one in references)
    content_leads = [lead for lead in found if lead.kind is not None]
    kinds = [lead.kind for lead in content_leads]
    once = (Coverage.DOCUMENT, Coverage.EXTERNAL)
    if not kinds or any(kinds.count(kind) > 1 for kind in once):
        grammar.reject(Reason.REFERENCE)
    _check_properties(found, objects)
    held = {lead.element for lead in found}
    if any(element not in held for element in objects.content):
        grammar.reject(Reason.GRAMMAR)
    covered = [lead.element for lead in content_leads if lead.kind is Coverage.ELEMENT]
    if Coverage.DOCUMENT not in kinds:
        _check_namesakes([element for element in covered if element is not None], around)
        if not receivers.read_what_is_signed(around.tree, signature.getparent(), covered):
            grammar.reject(Reason.REFERENCE)
    return found


def octets(
    lead: Lead, *, signature: "etree._Element", around: Surroundings, external: Document | None
) -> bytes:
    """What is to be digested, of all but external documents whose hash is at hand (b"").

    The signature of a lead to the document is cut out of the tree, so that lead must come last.

    Raises DocumentError signature_invalid (digest, content), document_*.
    """
    asked = lead.reference
    how = asked.canonical or Canonical()
    match lead.kind:
        case Coverage.EXTERNAL:
            return _external(asked, external)
        case Coverage.DOCUMENT:
            canonical.cut(signature)
            return canonical.document(around.tree, how.method, prefixes=how.prefixes)
    element = lead.element
    assert element is not None  # all others lead to one
    if asked.base64:
        return grammar.base64_octets(element)
    inside = asked.enveloped and element in signature.iterancestors()
    return canonical.subtree(
        element, how.method, prefixes=how.prefixes, without=signature if inside else None
    )


def check_digest(lead: Lead, found: bytes, *, external: Document | None) -> None:
    """Raises DocumentError signature_invalid (digest), document_too_large."""
    asked = lead.reference
    if lead.kind is Coverage.EXTERNAL and asked.canonical is None:
        assert external is not None  # `octets` has looked
        digest = content.digest(external, asked.digest.value)
    else:
        digest = algorithms.digest(asked.digest, found)
    if not hmac.compare_digest(digest, asked.value):
        grammar.reject(Reason.DIGEST)


def _lead(
    asked: Reference,
    signature: "etree._Element",
    key_info: "etree._Element",
    objects: Objects,
    around: Surroundings,
) -> Lead:
    uri = asked.uri
    if uri is None or not uri.startswith("#"):
        is_document = uri == ""
        if asked.base64 or asked.enveloped is not is_document:
            grammar.reject(Reason.REFERENCE)
        if is_document and signature.getparent() is None:
            grammar.reject(Reason.REFERENCE)
        kind = Coverage.DOCUMENT if is_document else Coverage.EXTERNAL
        return Lead(reference=asked, kind=kind, name=uri or "")
    element = _by_id(uri[1:], around)
    if element in objects.content:
        if signature.getparent() is not None or asked.enveloped:
            grammar.reject(Reason.REFERENCE)
        return Lead(reference=asked, kind=Coverage.OBJECT, element=element, name=uri[1:])
    if asked.base64:
        grammar.reject(Reason.REFERENCE)
    if element is key_info or element in objects.own:
        return Lead(reference=asked, kind=None, element=element)
    _check_element(element, signature, asked)
    name = f"{etree.QName(element).localname} {uri}"
    return Lead(reference=asked, kind=Coverage.ELEMENT, element=element, name=name)


def _by_id(value: str, around: Surroundings) -> "etree._Element":
    if not _ID.fullmatch(value) or around.ids[value] != 1:
        grammar.reject(Reason.REFERENCE)
    element = around.by_id.get(value)
    if element is None:  # it is written with white space around it
        grammar.reject(Reason.REFERENCE)
    return element


def _check_element(
    element: "etree._Element", signature: "etree._Element", asked: Reference
) -> None:
    """That it is of the document, and not of a signature; and holds no signature of itself."""
    if element.tag == _SIGNATURE or any(True for _ in element.iterancestors(_SIGNATURE)):
        grammar.reject(Reason.REFERENCE)
    if element in signature.iterancestors() and not asked.enveloped:
        grammar.reject(Reason.REFERENCE)


def _check_properties(found: tuple[Lead, ...], objects: Objects) -> None:
    """The reference that says it is to the signed properties is, and there is one if they are."""
    signed = None if objects.properties is None else objects.properties.signed
    said = [lead for lead in found if lead.reference.type == SIGNED_PROPERTIES_TYPE]
    if any(lead.element is not signed or signed is None for lead in said):
        grammar.reject(Reason.REFERENCE)
    if signed is not None and len(said) != 1:
        grammar.reject(Reason.REFERENCE)


def _check_namesakes(covered: "list[etree._Element]", around: Surroundings) -> None:
    """No element that is not covered has the name of one that is: a reader who looks for it by its
    name, or by its path, would find that one.
    """
    inside = set(covered)
    for element in covered:
        namesakes = around.tree.iter(f"{{*}}{etree.QName(element).localname}")
        for number, namesake in enumerate(namesakes):
            if number > _MAX_NAMESAKES:
                grammar.reject(Reason.REFERENCE)
            if namesake not in inside and inside.isdisjoint(namesake.iterancestors()):
                grammar.reject(Reason.REFERENCE)


def _external(asked: Reference, external: Document | None) -> bytes:
    if external is None:
        grammar.reject(Reason.CONTENT)
    if asked.canonical is None:
        return external if isinstance(external, bytes) else b""
    how = asked.canonical
    held = content.held(external, limit=MAX_XML_BYTES)
    try:
        tree = take_in(held, path=("*",)).tree
    except DocumentError:
        grammar.reject(Reason.CONTENT)
    return canonical.document(tree, how.method, prefixes=how.prefixes)
