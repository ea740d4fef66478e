"""ds:Object: a claimed time, XAdES properties, or what an enveloping signature envelops."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lxml import etree

from agent.formats.xml import grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.general import times, xades
from agent.formats.xml.grammar import Reason

#: BHXH's receivers want it without a namespace.
_PROPERTIES: Final = frozenset({"SignatureProperties", f"{{{DS}}}SignatureProperties"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """SignatureProperties with a SigningTime: signed if one of `elements` is referred to."""

    at: datetime
    elements: "tuple[etree._Element, ...]" = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    claim: Claim | None
    properties: xades.Properties | None
    content: "tuple[etree._Element, ...]"  # must be signed

    @property
    def own(self) -> "tuple[etree._Element, ...]":
        """Parts of the signature that references may lead to, besides the content."""
        properties = () if self.properties is None else (self.properties.signed,)
        return (*(self.claim.elements if self.claim else ()), *properties)


def read(objects: "Iterable[etree._Element]", signature: "etree._Element") -> Objects:
    """Raises DocumentError signature_invalid (grammar, algorithm, binding)."""
    claims, properties, content = [], [], []
    for element in objects:
        if len(element) == 1 and element[0].tag == xades.QUALIFYING_PROPERTIES:
            grammar.only_attributes(element, "Id")
            grammar.elements(element)
            properties.append(xades.read(element[0], signature))
        elif len(element) == 1 and element[0].tag in _PROPERTIES:
            claims.append(_claim(element, signature))
        else:
            content.append(element)
    if len(claims) > 1 or len(properties) > 1 or (claims and properties):
        grammar.reject(Reason.GRAMMAR)
    return Objects(
        claim=claims[0] if claims else None,
        properties=properties[0] if properties else None,
        content=tuple(content),
    )


def _claim(holder: "etree._Element", signature: "etree._Element") -> Claim:
    grammar.only_attributes(holder, "Id")
    properties = holder[0]
    grammar.elements(holder)
    grammar.only_attributes(properties, "Id")
    one = _only(properties, "SignatureProperty")
    grammar.only_attributes(one, "Id", "Target")
    # Nobody looks at the target; but what names another signature is not of this one.
    target = one.get("Target", "")
    if target not in ("", f"#{signature.get('Id', target[1:])}"):
        grammar.reject(Reason.GRAMMAR)
    at = times.moment(grammar.leaf(_only(one, "SigningTime")))
    return Claim(at=at, elements=(holder, properties, one))


def _only(parent: "etree._Element", name: str) -> "etree._Element":
    """The one child, which has this name in whatever namespace."""
    children = grammar.elements(parent)
    if len(children) != 1 or etree.QName(children[0]).localname != name:
        grammar.reject(Reason.GRAMMAR)
    return children[0]
