"""Is this the document we built, signed by the unit? Fails closed, with a code for the user.

The content is compared as octets: what the signature covers must equal the canonical form of what
was built, to the byte. Nothing is taken out of the signed document and used.
"""

from dataclasses import dataclass

from webui.bhxh import signature, xml
from webui.errors import Refused

#: Facts B2 [V].
CONTAINER = "CKy_Dvi"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    document: bytes
    certificate: bytes  # DER of the key that signed


def verified(document: bytes, *, built: bytes) -> SignedDocument:
    """Raises Refused signed_document_unreadable, signature_invalid, signed_content_differs."""
    try:
        root = xml.parse(document)
        containers = root.findall(CONTAINER)
        result = signature.verify(document, parent=CONTAINER)
    except xml.XmlRefused as error:
        raise Refused("signed_document_unreadable", reason=str(error)) from error
    except signature.SignatureRefused as error:
        raise Refused("signature_invalid", reason=str(error)) from error
    alone = len(containers) == 1 and len(containers[0]) == 1
    if not alone or result.signed_octets != xml.canonical(xml.parse(built)):
        raise Refused("signed_content_differs")
    return SignedDocument(document=document, certificate=result.certificate)
