"""What a signature covers: the whole document, or one element that path and Id both lead to.

A receiver may look for the element by its Id, by its path or by its name, and wrapping attacks live
on two of these leading to different elements. So a document in which they could differ is neither
signed nor accepted: the path leads to one element, its Id occurs once however the attribute is
spelt, and no other element has its name.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import canonical
from agent.formats.xml.container import printed
from agent.formats.xml.positions import Path, elements_at
from agent.formats.xml.profiles import Canonicalization, IdAttribute, Reference, Transform
from agent.formats.xml.profiles import Element as ElementReference

#: An NCName (.NET and libxml2 find no others) of letters that a URI takes unescaped.
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,199}")
_ALL_IDS: Final = etree.XPath("//@*[translate(local-name(),'ID','id')='id']", smart_strings=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    uri: str  # of the ds:Reference
    element: "etree._Element | None"  # None: the whole document


def target(
    tree: "etree._ElementTree[etree._Element]", reference: Reference | ElementReference
) -> Target:
    """Raises DocumentError reference_missing, reference_ambiguous."""
    if isinstance(reference, Reference):
        return Target(uri="", element=None)
    found = elements_at(tree, reference.path)
    if not found:
        raise DocumentError("reference_missing", element=printed(reference.path))
    namesakes = sum(1 for _ in tree.iter(f"{{*}}{etree.QName(reference.path[-1]).localname}"))
    if len(found) > 1 or namesakes > 1:
        raise DocumentError(
            "reference_ambiguous", element=printed(reference.path), count=max(len(found), namesakes)
        )
    value = found[0].get(reference.id_attribute, "")
    if not _ID.fullmatch(value):
        raise DocumentError(
            "reference_missing", element=printed(reference.path), attribute=reference.id_attribute
        )
    if ids(tree)[value] != 1:
        raise DocumentError("reference_ambiguous", id=value)
    return Target(uri=f"#{value}", element=found[0])


def at(tree: "etree._ElementTree[etree._Element]", path: Path) -> Target:
    """The same of the element at `path`, whichever spelling its Id has."""
    found = elements_at(tree, path)
    spelt = next(
        (one for one in IdAttribute if found and found[0].get(one)), IdAttribute.UPPER_CAMEL
    )
    return target(tree, ElementReference(path=path, id_attribute=spelt))


def by_id(tree: "etree._ElementTree[etree._Element]", value: str) -> Target:
    """The same of the element with this Id."""
    found = [
        element
        for element in tree.getroot().iter("*")
        if value in (element.get(spelling) for spelling in IdAttribute)
    ]
    if not found:
        raise DocumentError("reference_missing", id=value)
    (element, *others) = found
    namesakes = sum(1 for _ in tree.iter(f"{{*}}{etree.QName(element).localname}"))
    if others or namesakes > 1 or ids(tree)[value] != 1:
        raise DocumentError("reference_ambiguous", id=value, count=max(len(found), namesakes))
    return Target(uri=f"#{value}", element=element)


def ids(tree: "etree._ElementTree[etree._Element]") -> Counter[str]:
    """How often each Id occurs, in whatever attribute a receiver might take for one."""
    return Counter(" ".join(value.split()) for value in _ALL_IDS(tree))


def octets(
    tree: "etree._ElementTree[etree._Element]", target: Target, transforms: tuple[Transform, ...]
) -> bytes:
    """What is digested. The signature, if it stands in there, is out of the tree already."""
    method = canonicalization(transforms)
    if target.element is None:
        return canonical.document(tree, method)
    return canonical.subtree(target.element, method)


def canonicalization(transforms: tuple[Transform, ...]) -> Canonicalization:
    """What makes octets of what is left after `transforms`: inclusive 1.0 unless they say so."""
    by_name = {method.value: method for method in Canonicalization}
    last = transforms[-1].value if transforms else ""
    return by_name.get(last, Canonicalization.C14N_10)
