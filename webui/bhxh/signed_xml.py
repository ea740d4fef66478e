"""Is this the document we built, signed by the unit? Fails closed, with a code for the user.

Two independent judgements of the content must agree: with the signature cut out of its container
the bytes are those that were built, and what the signature covers is the canonical form of those.
Nothing is taken out of the signed document and used.
"""

from dataclasses import dataclass
from typing import Final

from webui.bhxh import signature, xml
from webui.bhxh.form05 import SIGNATURE_CONTAINER
from webui.errors import Refused

_OPEN: Final = f"<{SIGNATURE_CONTAINER}>".encode()
_CLOSE: Final = f"</{SIGNATURE_CONTAINER}>".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    document: bytes
    certificate: bytes  # DER of the key that signed


def verified(document: bytes, *, built: bytes) -> SignedDocument:
    """Raises Refused signed_document_unreadable, signature_invalid, signed_content_differs."""
    try:
        result = signature.verify(document, parent=SIGNATURE_CONTAINER)
    except xml.XmlRefused as error:
        raise Refused("signed_document_unreadable", reason=str(error)) from error
    except signature.SignatureRefused as error:
        raise Refused("signature_invalid", reason=str(error)) from error
    covers_it = result.signed_octets == xml.canonical(xml.parse(built))
    if not covers_it or without_signature(document, built=built) != built:
        raise Refused("signed_content_differs")
    return SignedDocument(document=document, certificate=result.certificate)


def without_signature(document: bytes, *, built: bytes) -> bytes | None:
    """`document` with whatever stands in the container cut out; None if it has none like `built`'s.

    Only bytes are looked at: the container's place is known from `built`, whose texts cannot
    contain its tags.
    """
    before, empty, after = built.rpartition(_OPEN + _CLOSE)
    head, tail = before + _OPEN, _CLOSE + after
    long_enough = len(document) >= len(head) + len(tail)
    if not empty or not long_enough:
        return None
    filled = document[len(head) : len(document) - len(tail)]
    # Exactly one element is in there: one signature, with no words beside it.
    if not (filled.startswith(b"<") and filled.endswith(b">")):
        return None
    return document[: len(head)] + document[len(document) - len(tail) :]
