"""The format as others hold it: light, since pyHanko takes a second to load and few need it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.documents import Document, Made
from agent.formats.api import Prepared
from agent.formats.levels import Level, Raising, only_basic
from agent.formats.options import Options, Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFormat:
    """PAdES B-B. Without a stamp the signature is in the file and on no page."""

    stamp: Stamp | None = None
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    shown: bool = True

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
            shown=self.shown,
        )

    def unseen(self) -> "PdfFormat":
        return replace(self, shown=False)

    def with_options(self, options: Options) -> "PdfFormat":
        options.allow("stamp")
        return replace(self, stamp=options.stamp or self.stamp)

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        del document
        return only_basic(signed, level)
