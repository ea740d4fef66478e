"""Our short cut through a signature's dictionary reads what pyHanko reads."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import misc
from pyhanko.pdf_utils.reader import PdfFileReader

from agent.formats.pdf.fields import signed_fields
from agent.formats.pdf.reader import Reader
from tests.support import pdf
from tests.support.pki import Authority

HOLDER = Authority.root().issue()
SIGNED = pdf.signed(pdf.file(), HOLDER)


def values(reader):
    """Of pyHanko's reader, or ours with the short cut."""
    if isinstance(reader, Reader):
        return [field["/V"] for _, field in signed_fields(reader)]
    return [one.get_object()["/V"] for one in reader.root["/AcroForm"]["/Fields"]]


def plain(value):
    return {
        key: getattr(one, "original_bytes", one if key != "/ByteRange" else list(one))
        for key, one in value.items()
    }


def read(kind, octets):
    try:
        return [plain(one) for one in values(kind(BytesIO(octets)))]
    except (misc.PdfError, TypeError, ValueError, KeyError, AttributeError) as error:
        return type(error)


def pyhanko(stream):
    return PdfFileReader(stream, strict=False)


def test_it_is_taken() -> None:
    reader = Reader(BytesIO(SIGNED))
    ((_, field),) = signed_fields(reader)

    assert field.raw_get("/V").reference.idnum in {number for _, number in reader.resolved_objects}
    assert read(Reader, SIGNED) == read(pyhanko, SIGNED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Contents <", b"/Cantents <"),
        (b"/Type /Sig\n", b"/Name (<)\n"),
        (b"/ByteRange", b"/Contents "),
        (b"/Contents <", b"/Contents("),
    ],
)
def test_what_is_bent_is_read_alike(old, new) -> None:
    assert old in SIGNED

    assert read(Reader, SIGNED.replace(old, new)) == read(pyhanko, SIGNED.replace(old, new))


@given(st.integers(SIGNED.index(b"/Contents <") - 200, len(SIGNED) - 1), st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_whatever_is_overwritten_is_read_alike(at, octets) -> None:
    mutated = SIGNED[:at] + octets + SIGNED[at + len(octets) :]
    theirs = read(pyhanko, mutated)

    if not isinstance(theirs, type):
        assert read(Reader, mutated) in (theirs, [one for one in theirs if one])
