"""ASiCManifest (EN 319 162-1, annex A.4): which files are signed, by their hashes."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from agent.errors import DocumentError
from agent.formats.asic.reasons import Reason, Rejected
from agent.formats.xml.intake import take_in

MAX_BYTES: Final = 1024 * 1024
_ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
#: Earlier editions, TS 102 918, which the field's older libraries write.
_EDITIONS: Final = (_ASIC, "http://uri.etsi.org/2918/v1.2.1#", "http://uri.etsi.org/2918/v1.1.1#")
_DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_DIGESTS: Final = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
_BY_URI: Final = {uri: name for name, uri in _DIGESTS.items()}
_SIGNATURE_TYPE: Final = "application/pkcs7-signature"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A file. `uri` is as it stands in the manifest; see `names_of`."""

    uri: str
    algorithm: str  # hashlib's name
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    signature: str  # the signature file's URI
    references: tuple[Reference, ...]


def names_of(uri: str) -> tuple[str, ...]:
    """How the file may be called: URIs are escaped, but not by everybody."""
    try:
        return tuple(dict.fromkeys((uri, unquote(uri, errors="strict"))))
    except UnicodeDecodeError:
        return (uri,)


def written(*, signature: str, files: tuple[tuple[str, bytes], ...], algorithm: str) -> bytes:
    """`files`: names and digests by `algorithm`."""
    root = etree.Element(f"{{{_ASIC}}}ASiCManifest", nsmap={"asic": _ASIC, "ds": _DS})
    etree.SubElement(
        root, f"{{{_ASIC}}}SigReference", URI=quote(signature), MimeType=_SIGNATURE_TYPE
    )
    for name, digest in files:
        reference = etree.SubElement(root, f"{{{_ASIC}}}DataObjectReference", URI=quote(name))
        etree.SubElement(reference, f"{{{_DS}}}DigestMethod", Algorithm=_DIGESTS[algorithm])
        value = etree.SubElement(reference, f"{{{_DS}}}DigestValue")
        value.text = base64.b64encode(digest).decode()
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read(octets: bytes) -> Manifest:
    """Raises DocumentError signature_invalid (manifest)."""
    try:
        root = take_in(octets, path=("*",), limit=MAX_BYTES).tree.getroot()
    except DocumentError as error:
        raise Rejected(Reason.MANIFEST) from error
    edition, _, name = str(root.tag).removeprefix("{").partition("}")
    if edition not in _EDITIONS or name != "ASiCManifest":
        raise Rejected(Reason.MANIFEST)
    if any(one.get("Critical") in ("true", "1") for one in root.iter()):
        raise Rejected(Reason.MANIFEST)  # an extension that must be understood and is not
    children = list(_elements(root))
    signatures = [one for one in children if one.tag == f"{{{edition}}}SigReference"]
    data = [one for one in children if one.tag == f"{{{edition}}}DataObjectReference"]
    if len(signatures) != 1 or not data:
        raise Rejected(Reason.MANIFEST)
    references = tuple(map(_reference, data))
    if len({one.uri for one in references}) != len(references):
        raise Rejected(Reason.MANIFEST)
    return Manifest(signature=_uri(signatures[0]), references=references)


def _reference(element: "etree._Element") -> Reference:
    children = list(_elements(element))
    methods = [one for one in children if one.tag == f"{{{_DS}}}DigestMethod"]
    values = [one for one in children if one.tag == f"{{{_DS}}}DigestValue"]
    if len(methods) != 1 or len(values) != 1 or len(values[0]) or len(methods[0]):
        raise Rejected(Reason.MANIFEST)
    algorithm = _BY_URI.get(methods[0].get("Algorithm", ""))
    if algorithm is None:
        raise Rejected(Reason.MANIFEST)
    try:
        digest = base64.b64decode("".join((values[0].text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Rejected(Reason.MANIFEST) from error
    return Reference(uri=_uri(element), algorithm=algorithm, digest=digest)


def _uri(element: "etree._Element") -> str:
    uri = element.get("URI")
    if not uri or element.get(f"{_XML}base") is not None:
        raise Rejected(Reason.MANIFEST)
    return uri


def _elements(parent: "etree._Element") -> Iterator["etree._Element"]:
    """Without comments and instructions."""
    return (one for one in parent if isinstance(one.tag, str))
