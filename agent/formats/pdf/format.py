"""The format as others hold it: light, since pyHanko takes a second to load and few need it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.documents import Document, Made
from agent.errors import DocumentError
from agent.formats.algorithms import Kind, Scheme
from agent.formats.api import Prepared
from agent.formats.cms.sign import PREFERRED
from agent.formats.levels import Level, Raising
from agent.formats.options import Options, Stamp
from agent.keys import Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFormat:
    """PAdES B-B to B-LTA. Without a stamp the signature is in the file and on no page."""

    stamp: Stamp | None = None
    #: Of these, the first that fits the key.
    mechanisms: tuple[Mechanism, ...] = PREFERRED
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    shown: bool = True

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Prepared:
        """Raises DocumentError document_too_large, pdf_*, stamp_image, option_unsupported,
        storage_full; UserError certificate_unsuitable; OSError for a file that cannot be read.
        """
        from agent.formats.pdf.sign import prepare

        return prepare(
            document,
            certificate=certificate,
            signing_time=signing_time,
            stamp=self.stamp,
            authorities=self.authorities,
            mechanisms=self.mechanisms,
            shown=self.shown,
        )

    def unseen(self) -> "PdfFormat":
        return replace(self, shown=False)

    def with_options(self, options: Options) -> "PdfFormat":
        options.allow("level", "hash", "padding", "stamp")
        return replace(
            self,
            stamp=options.stamp or self.stamp,
            mechanisms=_mechanisms(options) or self.mechanisms,
        )

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        """What is not reached leaves the file as it was."""
        from agent.formats.pdf.raising import raised

        del document
        return raised(signed, level=level)


def _mechanisms(options: Options) -> tuple[Mechanism, ...]:
    """Those that are chosen, for whatever key it will be; none if nothing is.

    Raises DocumentError option_unsupported.
    """
    if options.hash is None and options.padding is None:
        return ()
    rsa = Kind.RSA_PSS if options.padding == "pss" else Kind.RSA_PKCS1
    schemes = [Scheme.of(mechanism) for mechanism in Mechanism]
    chosen = [
        one
        for one in schemes
        if (one.kind is Kind.ECDSA and options.hash in (None, one.hash))
        or (one.kind is rsa and one.hash == (options.hash or "sha256"))
    ]
    if all(one.kind is Kind.ECDSA for one in chosen):
        raise DocumentError("option_unsupported", option="hash")
    return tuple(one.mechanism for one in chosen)
