"""BHXH's own reading of the unit's signature, by signxml.

Deliberately not webui/bhxh/signature.py: that is the sender's judge, and a party that checked with
the sender's code would find nothing wrong with the sender's mistakes.

What is verified is what is used: `verified` returns the octets that the signature covers, and the
form is read from those and from nothing else (T11).
"""

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from lxml import etree

from webui.bhxh import xml
from webui.sandbox.gateway.refusal import Code, Refusal

_DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
#: Facts B2 [V]: the unit's signature stands here.
_CONTAINER: Final = "CKy_Dvi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    content: bytes  # canonical XML of the document without its signature
    certificate: bytes  # DER, whose key verified; not judged yet


def verified(root: etree._Element, document: bytes) -> Signed:
    """`root` is `document`, parsed safely. Raises Refusal SIGNATURE."""
    signatures = list(root.iter(f"{_DS}Signature"))
    if not signatures:
        raise Refusal(Code.SIGNATURE, reason="hồ sơ chưa được ký")
    if len(signatures) > 1:
        raise Refusal(Code.SIGNATURE, reason="có nhiều chữ ký")
    der = _certificate(signatures[0])
    content = _covered(document, der)
    # A signature over a part of the dossier verifies too; what it covers is then another element.
    if xml.parse(content).tag != root.tag:
        raise Refusal(Code.SIGNATURE, reason="chữ ký không bao trùm toàn bộ hồ sơ")
    return Signed(content=content, certificate=der)


def _certificate(signature: etree._Element) -> bytes:
    found = signature.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    if len(found) != 1:
        raise Refusal(Code.SIGNATURE, reason="phải kèm đúng một chứng thư số")
    try:
        return b64decode("".join((found[0].text or "").split()), validate=True)
    except ValueError as error:
        raise Refusal(Code.SIGNATURE, reason="chứng thư số kèm theo hỏng") from error


def _covered(document: bytes, der: bytes) -> bytes:
    # Imported here: it takes a fifth of a second that start-up need not pay.
    from webui.bhxh.signxml_mended import verified_octets

    try:
        certificate = x509.load_der_x509_certificate(der)
        return verified_octets(document, certificate, location=f"./{_CONTAINER}/")
    # signxml, cryptography and lxml each raise their own; none of them is a valid signature.
    except Exception as error:
        raise Refusal(Code.SIGNATURE, reason=_plainly(error)) from error


def _plainly(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
