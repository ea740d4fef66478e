"""The format as others hold it: light, since pyHanko takes a second to load and few need it."""

from dataclasses import dataclass, field
from datetime import datetime

from agent.documents import Document
from agent.formats.api import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where and how. `page` counts from 1, or from the end with -1; `box` is left, bottom, right,
    top in points (1/72 inch) from the page's lower left corner.
    """

    page: int = 1
    box: tuple[int, int, int, int] = (36, 36, 256, 106)
    image: bytes | None = None  # PNG or JPEG, shown at the left
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFormat:
    """PAdES B-B. Without a stamp the signature is in the file and on no page."""

    stamp: Stamp | None = None
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Prepared:
        """Raises DocumentError document_too_large, pdf_*, stamp_image; UserError
        certificate_unsuitable.
        """
        from agent.formats.pdf.sign import prepare

        return prepare(
            document,
            certificate=certificate,
            signing_time=signing_time,
            stamp=self.stamp,
            authorities=self.authorities,
        )
