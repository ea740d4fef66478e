"""What the consent window shows of a PDF: its first words, and what is signed in it already."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pypdf import PdfReader

from agent.certificates.describe import describe
from agent.errors import AgentError
from agent.formats.pdf.verify import PdfSignature, signatures
from agent.formats.pdf.words import said

_PAGES: Final = 3
_CHARS: Final = 6000
_MAX_BYTES: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    text: str
    cut: bool


def preview(document: bytes) -> Preview:
    """Never raises for a document that can be signed: what cannot be read is not shown."""
    signed = [_line(one) for one in _signatures(document)]
    words, cut = _words(document)
    return Preview(text="\n".join([*signed, words]).strip(), cut=cut)


def _signatures(document: bytes) -> tuple[PdfSignature, ...]:
    try:
        return signatures(document)
    except AgentError:
        return ()


def _line(signature: PdfSignature) -> str:
    try:
        holder = describe(signature.certificate).holder
    except AgentError:
        holder = signature.field_name
    key = signature.changed_after.value if signature.valid else "invalid"
    return said("earlier", key, holder=holder)


def _words(document: bytes) -> tuple[str, bool]:
    """The text of the first pages, and whether there is more."""
    if len(document) > _MAX_BYTES:
        return "", True
    try:
        pages = PdfReader(BytesIO(document)).pages
        text = "\n".join(pages[number].extract_text() for number in range(min(_PAGES, len(pages))))
        return text[:_CHARS], len(text) > _CHARS or len(pages) > _PAGES
    except Exception:  # noqa: BLE001 - a picture of a page has no text, a broken one raises anything
        return "", True
