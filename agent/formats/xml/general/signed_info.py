"""SignedInfo as any program may write it, within what can be verified."""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from agent.formats.xml import grammar
from agent.formats.xml.algorithms import (
    CANONICALIZATION_URI,
    DIGEST_URI,
    DS,
    SIGNATURE_URI,
    TRANSFORM_URI,
)
from agent.formats.xml.grammar import Reason
from agent.formats.xml.profiles import Canonicalization, Digest, SignatureMethod, Transform

#: Real signatures have up to five; each costs a canonicalization.
MAX_REFERENCES: Final = 16
_EXCLUSIVE: Final = CANONICALIZATION_URI[Canonicalization.EXC_C14N_10]
_INCLUSIVE_NAMESPACES: Final = f"{{{_EXCLUSIVE}}}InclusiveNamespaces"
_PREFIX: Final = re.compile(r"#default|[^\W\d][\w.-]{0,99}")
_MAX_PREFIXES: Final = 64

_CANONICALIZATION: Final = {uri: method for method, uri in CANONICALIZATION_URI.items()}
_DIGEST: Final = {uri: digest for digest, uri in DIGEST_URI.items()}
_SIGNATURE: Final = {uri: method for method, uri in SIGNATURE_URI.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """How octets are made; the default is what XMLDSig says where nothing is said (§4.4.3.2)."""

    method: Canonicalization = Canonicalization.C14N_10
    prefixes: tuple[str, ...] = ()  # treated inclusively by the exclusive one; "" the default


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    uri: str | None
    type: str
    enveloped: bool  # the signature is taken out
    base64: bool
    canonical: Canonical | None  # None: no transform says how
    digest: Digest
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInfo:
    canonical: Canonical
    method: SignatureMethod
    references: tuple[Reference, ...]


def read(info: "etree._Element") -> SignedInfo:
    """Raises DocumentError signature_invalid (grammar, algorithm, reference)."""
    grammar.only_attributes(info, "Id")
    children = grammar.elements(info)
    expected = ["CanonicalizationMethod", "SignatureMethod", *["Reference"] * (len(children) - 2)]
    if [child.tag for child in children] != [f"{{{DS}}}{name}" for name in expected]:
        grammar.reject(Reason.GRAMMAR)
    canonicalization, method, *references = children
    if not 1 <= len(references) <= MAX_REFERENCES:
        grammar.reject(Reason.REFERENCE)
    chosen = _SIGNATURE.get(method.get("Algorithm", ""))
    if chosen is None:
        grammar.reject(Reason.ALGORITHM)
    grammar.algorithm(method, SIGNATURE_URI[chosen])
    return SignedInfo(
        canonical=read_canonical(canonicalization),
        method=chosen,
        references=tuple(map(read_reference, references)),
    )


def read_canonical(element: "etree._Element") -> Canonical:
    """Of a CanonicalizationMethod or a Transform that is one."""
    method = _CANONICALIZATION.get(element.get("Algorithm", ""))
    if method is None or set(element.attrib) != {"Algorithm"}:
        grammar.reject(Reason.ALGORITHM)
    inside = grammar.elements(element)
    if not inside:
        return Canonical(method=method)
    if method is not Canonicalization.EXC_C14N_10 or len(inside) != 1:
        grammar.reject(Reason.ALGORITHM)
    return Canonical(method=method, prefixes=_prefixes(inside[0]))


def _prefixes(listed: "etree._Element") -> tuple[str, ...]:
    if listed.tag != _INCLUSIVE_NAMESPACES or set(listed.attrib) != {"PrefixList"}:
        grammar.reject(Reason.ALGORITHM)
    grammar.elements(listed, most=0)
    prefixes = listed.get("PrefixList", "").split()
    if len(prefixes) > _MAX_PREFIXES or not all(map(_PREFIX.fullmatch, prefixes)):
        grammar.reject(Reason.ALGORITHM)
    return tuple("" if prefix == "#default" else prefix for prefix in prefixes)


def read_digest(method: "etree._Element", value: "etree._Element") -> tuple[Digest, bytes]:
    digest = _DIGEST.get(method.get("Algorithm", ""))
    if digest is None:
        grammar.reject(Reason.ALGORITHM)
    grammar.algorithm(method, DIGEST_URI[digest])
    return digest, grammar.octets(value)


def read_reference(element: "etree._Element") -> Reference:
    grammar.only_attributes(element, "Id", "URI", "Type")
    children = grammar.elements(element)
    steps: list[etree._Element] = []
    if children and children[0].tag == f"{{{DS}}}Transforms":
        wrapper = children.pop(0)
        grammar.attributes(wrapper)
        steps = grammar.elements(wrapper)
    if [child.tag for child in children] != [f"{{{DS}}}DigestMethod", f"{{{DS}}}DigestValue"]:
        grammar.reject(Reason.REFERENCE)
    digest, value = read_digest(*children)
    enveloped = _takes(steps, Transform.ENVELOPED_SIGNATURE)
    base64 = _takes(steps, Transform.BASE64)
    canonical = read_canonical(_transform(steps.pop(0))) if steps and not base64 else None
    if steps:
        grammar.reject(Reason.REFERENCE)
    return Reference(
        uri=element.get("URI"),
        type=element.get("Type", ""),
        enveloped=enveloped,
        base64=base64,
        canonical=canonical,
        digest=digest,
        value=value,
    )


def _takes(steps: "list[etree._Element]", transform: Transform) -> bool:
    """Whether the next step is this one, which is then taken off the list."""
    uri = TRANSFORM_URI[transform]
    if not steps or _transform(steps[0]).get("Algorithm") != uri:
        return False
    grammar.algorithm(steps.pop(0), uri)
    return True


def _transform(element: "etree._Element") -> "etree._Element":
    if element.tag != f"{{{DS}}}Transform":
        grammar.reject(Reason.GRAMMAR)
    return element
