"""A PDF from a stranger, judged before anything is added to it.

A signature is appended as an incremental update (ISO 32000-1 §7.5.6), so what is there stays byte
for byte. What cannot be signed without harm is refused, each for its own reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import misc
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from agent.errors import DocumentError

#: Larger files are for the streaming signature of whole files (CMS), not for this in-memory one.
MAX_BYTES: Final = 256 * 1024 * 1024
MAX_PAGES: Final = 20_000


@contextmanager
def readable() -> Iterator[None]:
    """Whatever a library says of a broken file is one thing to us: DocumentError pdf_malformed.

    A hostile file can trip any line of a parser, so this is the one place that catches everything.
    """
    try:
        yield
    except DocumentError:
        raise
    except misc.PdfReadError as error:
        raise DocumentError("pdf_malformed") from error
    except RecursionError as error:
        raise DocumentError("pdf_malformed", reason="depth") from error
    except Exception as error:
        raise DocumentError("pdf_malformed", reason=type(error).__name__) from error


def opened(document: bytes) -> IncrementalPdfFileWriter:
    """A writer that adds to `document`.

    Raises DocumentError document_too_large, pdf_malformed, pdf_encrypted, pdf_certified, pdf_xfa.
    """
    if len(document) > MAX_BYTES:
        raise DocumentError("document_too_large", limit=MAX_BYTES)
    with readable():
        # Not strict: offices' scanners write files with small faults that every viewer opens.
        writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
        reader = writer.prev
        if reader.encrypted:
            raise DocumentError("pdf_encrypted")
        _judge_pages(reader)
        _judge_forms(reader)
        _judge_certification(reader)
    return writer


def read(document: bytes) -> PdfFileReader:
    """For looking only. Raises DocumentError document_too_large, pdf_malformed, pdf_encrypted."""
    if len(document) > MAX_BYTES:
        raise DocumentError("document_too_large", limit=MAX_BYTES)
    with readable():
        reader = PdfFileReader(BytesIO(document), strict=False)
        if reader.encrypted:
            raise DocumentError("pdf_encrypted")
        return reader


def page_count(reader: PdfFileReader) -> int:
    """As the page tree's root says it; checked against by who looks for a page."""
    count = reader.root["/Pages"]["/Count"]
    return int(count)


def _judge_pages(reader: PdfFileReader) -> None:
    if not 0 < page_count(reader) <= MAX_PAGES:
        raise DocumentError("pdf_malformed", reason="pages")


def _judge_forms(reader: PdfFileReader) -> None:
    """An XFA form is drawn by data that a signature field of the page cannot show (deprecated)."""
    if "/AcroForm" in reader.root and "/XFA" in reader.root["/AcroForm"]:
        raise DocumentError("pdf_xfa")


def _judge_certification(reader: PdfFileReader) -> None:
    """Its author's certifying signature forbids every change, another signature too."""
    certification = read_certification_data(reader)
    if certification is not None and certification.permission is MDPPerm.NO_CHANGES:
        raise DocumentError("pdf_certified")
