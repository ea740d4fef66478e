"""The signature fields of a PDF's form (ISO 32000-1 §12.7), as pyHanko names them, with bounds."""

from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError

from agent.formats.pdf.objects import entry, references, target
from agent.formats.pdf.reader import Reader

_MAX_FIELDS: Final = 20_000


def signed_fields(reader: Reader) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """Those with a value, by their full names. Raises PdfReadError for a form that is no tree."""
    for name, field, kind in _fields(reader):
        if kind != "/Sig":
            continue
        value = field.raw_get("/V") if "/V" in field else None
        if isinstance(value, generic.IndirectObject):
            reader.read_value(value)
            value = target(value)
        if value is not None and not isinstance(value, generic.NullObject):
            yield name, field


def top_names(reader: Reader) -> set[str]:
    """Of the fields at the top, where ours goes."""
    found = (entry(field, "/T") for field in map(_dictionary, _listed(reader)) if field is not None)
    return {str(name) for name in found if name is not None}


def _fields(reader: Reader) -> Iterator[tuple[str, generic.DictionaryObject, str]]:
    """Full name, field and its kind, which a field has from those above it."""
    seen: set[generic.Reference] = set()
    waiting = [("", "", one) for one in reversed(_listed(reader))]
    while waiting:
        above, kind, reference = waiting.pop()
        field = _dictionary(reference)
        if field is None or "/T" not in field:
            continue
        if reference.reference in seen or len(seen) >= _MAX_FIELDS:
            raise PdfReadError("the form is no tree, or too large")
        seen.add(reference.reference)
        name = f"{above}.{field['/T']}" if above else str(field["/T"])
        kind = str(entry(field, "/FT", kind))
        yield name, field, kind
        waiting += ((name, kind, one) for one in reversed(references(entry(field, "/Kids"))))


def _listed(reader: Reader) -> list[generic.IndirectObject]:
    try:
        return references(reader.root["/AcroForm"]["/Fields"])  # `[…]` follows references
    except KeyError:
        return []


def _dictionary(reference: generic.IndirectObject) -> generic.DictionaryObject | None:
    found = target(reference)
    return found if isinstance(found, generic.DictionaryObject) else None
