"""What BHXH looks at before it takes a dossier in: can it be read, is it the form, is it signed?

Pure: bytes in, an `Arrival` or a `Refusal` out. Whether the signer may sign for this unit is judged
later (verdict.py), as an authority would: such a dossier has arrived and deserves an answer.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from webui.bhxh import form05, xml
from webui.bhxh.rules import MAX_DOCUMENT_BYTES
from webui.sandbox.gateway import signature
from webui.sandbox.gateway.refusal import Code, Refusal

KEY: Final = re.compile(r"[A-Za-z0-9._:-]{8,100}")
_XML_TYPES: Final = frozenset({"application/xml", "text/xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    document: bytes
    content_sha256: str  # of what the signature covers: the same whoever signs it, whenever
    certificate: bytes  # the signer's, DER
    form: form05.Form05  # as read from the signed octets


def checked_key(text: str | None) -> str:
    """Raises Refusal NO_KEY."""
    if text is None or not KEY.fullmatch(text):
        raise Refusal(Code.NO_KEY)
    return text


def checked_type(content_type: str) -> None:
    """Raises Refusal NOT_XML_TYPE."""
    if content_type not in _XML_TYPES:
        raise Refusal(Code.NOT_XML_TYPE)


def read(document: bytes) -> Arrival:
    """Raises Refusal TOO_LARGE, UNREADABLE, WRONG_FORM, SIGNATURE."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise too_large()
    try:
        root = xml.parse(document)
    except xml.XmlRefused as error:
        raise Refusal(Code.UNREADABLE, reason=error) from error
    try:
        form05.read(document)
    except form05.FormError as error:
        raise Refusal(Code.WRONG_FORM, reason=str(error)[:300]) from error
    signed = signature.verified(root, document)
    return Arrival(
        document=document,
        content_sha256=sha256(signed.content).hexdigest(),
        certificate=signed.certificate,
        form=form05.read(signed.content),
    )


def too_large() -> Refusal:
    return Refusal(Code.TOO_LARGE, limit_kb=MAX_DOCUMENT_BYTES // 1024)
