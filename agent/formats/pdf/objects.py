"""PDF objects (ISO 32000-1 §7.3) from Python's: {"/Type": "/Font", "/W": (1, 2.5)}."""

import zlib
from decimal import Decimal
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string


def pdf(value: Any) -> Any:  # noqa: PLR0911 - a table of kinds
    """A text that begins with a stroke is a name. What is a PDF object already stays as it is."""
    match value:
        case generic.PdfObject():
            return value
        case dict():
            return generic.DictionaryObject(  # type: ignore[no-untyped-call]
                {pdf_name(key): pdf(one) for key, one in value.items()}
            )
        case tuple() | list():
            return generic.ArrayObject(map(pdf, value))
        case str() if value.startswith("/"):
            return pdf_name(value)
        case str():
            return pdf_string(value)
        case int():
            return generic.NumberObject(value)  # type: ignore[no-untyped-call]
        case float():
            return generic.FloatObject(round(value, 4))  # type: ignore[no-untyped-call]
    raise TypeError(type(value).__name__)


def stream(entries: dict[str, Any], octets: bytes, *, deflated: bool = False) -> Any:
    """`deflated`: the octets are that already."""
    return generic.StreamObject(
        pdf(entries | {"/Filter": "/FlateDecode"}),
        encoded_data=octets if deflated else zlib.compress(octets),
    )


def references(array: object, *, most: int | None = None) -> list[generic.IndirectObject]:
    """Those among an array's first entries; none of what is no array."""
    if not isinstance(array, generic.ArrayObject):
        return []
    entries = [array.raw_get(index) for index in range(len(array))][:most]
    return [one for one in entries if isinstance(one, generic.IndirectObject)]


def entry(dictionary: generic.DictionaryObject, key: str, default: Any = None) -> Any:
    """What stands there, or where a reference there leads; pyHanko's own `get` does not follow."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def target(reference: generic.IndirectObject) -> Any:
    """What it leads to."""
    return reference.get_object()  # type: ignore[no-untyped-call]
