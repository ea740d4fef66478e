"""What may stand in a signature and nothing else: readers that reject what is not foreseen."""

import base64
import binascii
from enum import StrEnum
from typing import Final, NoReturn

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml.algorithms import DS

_XML_SPACE: Final = " \t\r\n"
_NO_SPACE: Final = dict.fromkeys(map(ord, _XML_SPACE))


class Reason(StrEnum):
    """Why a signature was rejected; `reason` in the details of DocumentError signature_invalid."""

    MISSING = "missing"  # the profile's container is missing or empty
    PLACE = "place"  # not one signature, or not where the profile wants it
    GRAMMAR = "grammar"  # something within the signature is not as the profile wants it
    ALGORITHM = "algorithm"
    REFERENCE = "reference"  # it refers to something else than the profile wants
    DIGEST = "digest"  # the document was changed
    CERTIFICATE = "certificate"  # missing, unreadable, or contradicted by KeyValue
    BINDING = "binding"  # XAdES: another certificate was signed for than the one that is there
    CONTENT = "content"  # the content of a detached signature is missing, or none belongs to it
    VALUE = "value"  # the signature is not by the certificate's key


def inside(
    parent: "etree._Element",
    *names: str,
    namespace: str = DS,
    reason: Reason = Reason.GRAMMAR,
) -> "list[etree._Element]":
    """The children of `parent`: these elements in this order, and nothing but white space."""
    children = list(parent)
    expected = [etree.QName(namespace or None, name).text for name in names]
    if [child.tag for child in children] != expected:  # a comment's tag is not a string
        reject(reason)
    for text in (parent.text, *(child.tail for child in children)):
        if (text or "").strip(_XML_SPACE):
            reject(reason)
    return children


def elements(parent: "etree._Element", *, most: int = 64) -> "list[etree._Element]":
    """The children of `parent`: elements, not more than `most`, and nothing but white space."""
    children = list(parent)
    if len(children) > most or not all(isinstance(child.tag, str) for child in children):
        reject(Reason.GRAMMAR)
    if any((text or "").strip(_XML_SPACE) for text in (parent.text, *(c.tail for c in children))):
        reject(Reason.GRAMMAR)
    return children


def only_attributes(element: "etree._Element", *allowed: str) -> None:
    if not set(element.attrib) <= set(allowed):
        reject(Reason.GRAMMAR)


def attributes(element: "etree._Element", **expected: str) -> None:
    if dict(element.attrib) != expected:
        reject(Reason.GRAMMAR)


def algorithm(element: "etree._Element", uri: str) -> None:
    """An element that names an algorithm, without parameters."""
    if dict(element.attrib) != {"Algorithm": uri}:
        reject(Reason.ALGORITHM)
    if len(element) or (element.text or "").strip(_XML_SPACE):
        reject(Reason.ALGORITHM)


def leaf(element: "etree._Element") -> str:
    """The text of an element that holds text alone; a comment would split it."""
    attributes(element)
    return text(element)


def text(element: "etree._Element") -> str:
    """The same, whatever its attributes."""
    if len(element):
        reject(Reason.GRAMMAR)
    return element.text or ""


def octets(element: "etree._Element") -> bytes:
    """xs:base64Binary: white space is allowed in it, nothing else is."""
    attributes(element)
    return base64_octets(element)


def base64_octets(element: "etree._Element") -> bytes:
    """The same, whatever its attributes."""
    try:
        return base64.b64decode(text(element).translate(_NO_SPACE), validate=True)
    except (binascii.Error, ValueError):
        reject(Reason.GRAMMAR)


def reject(reason: Reason) -> NoReturn:
    raise DocumentError("signature_invalid", reason=reason.value)
