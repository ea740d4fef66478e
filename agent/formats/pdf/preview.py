"""What the consent window shows of a PDF: what is signed in it already, and its first words.

Looking for words must not take longer than the user waits, whatever the file is: pypdf is given
little of it at a time, and pages whose contents are long are not read.
"""

from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import Any, Final

from pypdf import PageObject, PdfReader
from pypdf.generic import PdfObject, StreamObject

from agent.certificates.describe import describe
from agent.documents import Document, Filed
from agent.errors import AgentError
from agent.formats.pdf.changes import Change
from agent.formats.pdf.verify import PdfSignature, Signed
from agent.formats.pdf.words import said

_PAGES: Final = 3
_CHARS: Final = 6000
_NAME_CHARS: Final = 120
#: Octets of one object of a file, and of a page's contents.
_MAX_OBJECT_BYTES: Final = 4 * 1024 * 1024
_MAX_CONTENT_BYTES: Final = 512 * 1024
_MAX_OPERATIONS: Final = 100_000
_CHANGED: Final = frozenset({Change.OTHER, Change.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    text: str
    cut: bool


def preview(document: Document, signed: Signed) -> Preview:
    """Never raises for a document that can be signed: what cannot be read is not shown."""
    words, cut = _words(document)
    lines = [_line(one) for one in signed.signatures]
    return Preview(text="\n".join([*lines, words]).strip(), cut=cut)


def warnings(signed: Signed) -> tuple[str, ...]:
    """Codes of what must not be overlooked of the signatures that are there."""
    broken = any(not one.valid for one in signed.signatures) or any(
        one.problem for one in signed.timestamps
    )
    changes = [one.changed_after for one in signed.signatures if one.valid]
    changes += [one.changed_after for one in signed.timestamps if not one.problem]
    changed = not _CHANGED.isdisjoint(changes)
    return (*(("signature_invalid",) if broken else ()), *(("pdf_changed",) if changed else ()))


def _line(signature: PdfSignature) -> str:
    try:
        holder = describe(signature.certificate).holder
    except AgentError:
        holder = signature.field_name
    key = signature.changed_after.value if signature.valid else "invalid"
    return said("earlier", key, holder=" ".join(holder.split())[:_NAME_CHARS])


def _words(document: Document) -> tuple[str, bool]:
    """The text of the first pages, and whether there is more."""
    try:
        with _opened(document) as stream:
            pages = PdfReader(stream).pages
            shown = [pages[number] for number in range(min(_PAGES, len(pages)))]
            text = "\n".join(map(_text, shown))
            return text[:_CHARS], len(text) > _CHARS or len(pages) > _PAGES
    except Exception:  # noqa: BLE001 - a picture of a page has no text, a broken one raises anything
        return "", True


def _opened(document: Document) -> "BytesIO | _Guarded":
    if isinstance(document, bytes):
        return BytesIO(document)
    assert isinstance(document, Filed)  # others have been refused
    return _Guarded(document.path.open("rb", buffering=0))


class _Guarded(BufferedReader):
    """No large piece of the file is read into memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _MAX_OBJECT_BYTES:
            raise OverflowError
        return super().read(size)


def _text(page: PageObject) -> str:
    if _content_bytes(page) > _MAX_CONTENT_BYTES:
        return ""
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1
        if count > _MAX_OPERATIONS:
            raise OverflowError

    return page.extract_text(visitor_operand_before=counted)


def _content_bytes(page: PageObject) -> int:
    """Of what draws the page: its contents, and the forms that they can use."""
    contents = page.get_contents()
    size = 0 if contents is None else len(contents.get_data())
    seen: set[int] = set()
    waiting: list[Any] = [page.get("/Resources")]
    while waiting and size <= _MAX_CONTENT_BYTES:
        resources = _object(waiting.pop())
        used = _object(resources.get("/XObject")) if isinstance(resources, dict) else None
        for form in map(_object, used.values() if isinstance(used, dict) else ()):
            if isinstance(form, StreamObject) and form.get("/Subtype") == "/Form":
                if id(form) in seen:
                    continue
                seen.add(id(form))
                size += len(form.get_data())
                waiting.append(form.get("/Resources"))
    return size


def _object(reference: Any) -> Any:
    return reference.get_object() if isinstance(reference, PdfObject) else None
