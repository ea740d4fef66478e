"""One XMLDSig signature over a whole document, verified strictly.

Used for what units sign (signed_xml.py) and for what BHXH signs (receipt.py). The mathematics is
signxml's; what is checked here around it is the shape: which signature, over what, by which key.

1. Exactly one ds:Signature in the document, directly in the element it is expected in.
2. Exactly one Reference, with URI="" and the enveloped-signature transform (C14N may follow), so
   there is no other element an attacker could wrap or move (T11).
3. RSA-SHA256 over SHA-256, inclusive C14N 1.0 only. SHA-1 never.
4. Exactly one certificate, whose key is the one that verifies.

Trust in the certificate is no question of this module.
"""

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from lxml import etree

from webui.bhxh import xml

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"


class SignatureRefused(Exception):  # noqa: N818 - it reads as what happened to the signature
    """Not a valid signature of the kind above; the message says why, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    certificate: bytes  # DER, as found in KeyInfo; its trust is the caller's to judge
    signed_octets: bytes  # what the signature covers: C14N of the document without the signature


def verify(document: bytes, *, parent: str) -> Verified:
    """Verify the one signature of `document`, in the one element at path `parent` ("." for the
    root itself).

    Raises SignatureRefused, xml.XmlRefused.
    """
    root = xml.parse(document)
    signature = _the_signature(root, parent)
    _check_shape(signature)
    der = _the_certificate(signature)
    return Verified(certificate=der, signed_octets=_judge(document, der, parent))


def _the_signature(root: etree._Element, parent: str) -> etree._Element:
    everywhere = list(root.iter(f"{{{DSIG}}}Signature"))
    parents = [root] if parent == "." else root.findall(parent)
    if len(parents) != 1:
        raise SignatureRefused(f"{len(parents)} elements {parent}")
    if len(everywhere) != 1 or everywhere[0].getparent() is not parents[0]:
        raise SignatureRefused(f"{len(everywhere)} signatures, or not in {parent}")
    return everywhere[0]


def _check_shape(signature: etree._Element) -> None:
    found = {
        "CanonicalizationMethod": _algorithms(signature, "SignedInfo/CanonicalizationMethod"),
        "SignatureMethod": _algorithms(signature, "SignedInfo/SignatureMethod"),
        "DigestMethod": _algorithms(signature, "SignedInfo/Reference/DigestMethod"),
        "Transforms": _algorithms(signature, "SignedInfo/Reference/Transforms/Transform"),
    }
    expected: dict[str, list[list[str]]] = {
        "CanonicalizationMethod": [[_C14N]],
        "SignatureMethod": [[_RSA_SHA256]],
        "DigestMethod": [[_SHA256]],
        "Transforms": [[_ENVELOPED], [_ENVELOPED, _C14N]],
    }
    for part, algorithms in found.items():
        if algorithms not in expected[part]:
            raise SignatureRefused(f"{part} is {algorithms}")
    references = signature.findall(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference")
    if len(references) != 1 or references[0].get("URI") != "":
        raise SignatureRefused("does not cover the whole document")
    if signature.find(f".//{{{DSIG}}}Manifest") is not None:
        raise SignatureRefused("has a manifest")


def _algorithms(signature: etree._Element, path: str) -> list[str]:
    qualified = "/".join(f"{{{DSIG}}}{step}" for step in path.split("/"))
    return [element.get("Algorithm", "") for element in signature.findall(qualified)]


def _the_certificate(signature: etree._Element) -> bytes:
    found = signature.findall(f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate")
    if len(found) != 1:
        raise SignatureRefused(f"{len(found)} certificates")
    try:
        return b64decode("".join((found[0].text or "").split()), validate=True)
    except ValueError as error:
        raise SignatureRefused("the certificate is not base64") from error


def _judge(document: bytes, der: bytes, parent: str) -> bytes:
    # Imported here: it takes a fifth of a second that start-up need not pay.
    from webui.bhxh.signxml_mended import verified_octets

    try:
        return verified_octets(
            document, x509.load_der_x509_certificate(der), location=_location(parent)
        )
    # What signxml and cryptography raise on hostile input is not one family; whatever it is, the
    # signature is not verified.
    except Exception as error:
        raise SignatureRefused(f"does not verify: {error}") from error


def _location(parent: str) -> str:
    return "./" if parent == "." else f"./{parent}/"
