"""A PDF from a stranger, judged before anything is added to it.

A signature is appended as an incremental update (ISO 32000-1 §7.5.6), so what is there stays byte
for byte. What cannot be signed without harm is refused, each for its own reason.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyhanko.pdf_utils import misc
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from agent.errors import AgentError, DocumentError
from agent.formats.pdf.reader import Reader, Stream

MAX_PAGES: Final = 20_000


@contextmanager
def readable() -> Iterator[None]:
    """Whatever a library says of a broken file is one thing to us: DocumentError pdf_malformed.

    A hostile file can trip any line of a parser, so this is the one place that catches everything.
    What the disk says is not about the document, unless it was asked for a place that none has.
    """
    try:
        yield
    except AgentError:
        raise
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise DocumentError("pdf_malformed", reason="place") from error
    except misc.PdfReadError as error:
        raise DocumentError("pdf_malformed") from error
    except RecursionError as error:
        raise DocumentError("pdf_malformed", reason="depth") from error
    except Exception as error:
        raise DocumentError("pdf_malformed", reason=type(error).__name__) from error


def read(stream: Stream) -> Reader:
    """For looking only. Raises DocumentError pdf_malformed, pdf_encrypted; OSError."""
    with readable():
        reader = Reader(stream)
        if reader.encrypted:
            raise DocumentError("pdf_encrypted")
        return reader


def read_to_sign(stream: Stream) -> Reader:
    """Raises DocumentError pdf_malformed, pdf_encrypted, pdf_certified, pdf_xfa; OSError."""
    reader = read(stream)
    with readable():
        _judge_pages(reader)
        _judge_forms(reader)
        _judge_certification(reader)
    return reader


def page_count(reader: Reader) -> int:
    """As the page tree's root says it; checked against by who looks for a page."""
    count = reader.root["/Pages"]["/Count"]
    return int(count)


def _judge_pages(reader: Reader) -> None:
    if not 0 < page_count(reader) <= MAX_PAGES:
        raise DocumentError("pdf_malformed", reason="pages")


def _judge_forms(reader: Reader) -> None:
    """An XFA form is drawn by data that a signature field of the page cannot show (deprecated)."""
    if "/AcroForm" in reader.root and "/XFA" in reader.root["/AcroForm"]:
        raise DocumentError("pdf_xfa")


def _judge_certification(reader: Reader) -> None:
    """Its author's certifying signature forbids every change, another signature too."""
    try:
        certification = read_certification_data(reader)
    except SignatureValidationError:
        return  # it does not say what it allows: filling in and signing (ISO 32000-1, table 254)
    if certification is not None and certification.permission is MDPPerm.NO_CHANGES:
        raise DocumentError("pdf_certified")
