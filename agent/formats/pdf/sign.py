"""Sign a PDF: prepare → the key signs elsewhere → complete. PAdES B-B, as an incremental update."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from agent.certificates.describe import describe
from agent.documents import Description, Document
from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.formats.algorithms import Scheme, best
from agent.formats.content import held
from agent.formats.pdf import cms
from agent.formats.pdf.intake import MAX_BYTES, opened, page_count, readable
from agent.formats.pdf.preview import preview
from agent.formats.pdf.stamp import Stamp, style
from agent.formats.pdf.verify import last_signature
from agent.formats.signer import signer_of
from agent.keys import Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A file with a hole for the CMS."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    message: bytes  # the signed attributes, DER (RFC 5652 §5.4)
    _attributes: Any
    _scheme: Scheme
    _certificate: bytes = field(repr=False)
    _file: bytes = field(repr=False)
    _hole: PreparedByteRangeDigest = field(repr=False)

    def complete(self, signature: bytes) -> bytes:
        container = cms.signed_data(
            self._certificate,
            self._attributes,
            signature,
            self._scheme,
        )
        output = BytesIO(self._file)
        self._hole.fill_with_cms(output, container)
        signed = output.getvalue()
        try:
            verified = last_signature(signed)
        except AgentError as error:
            raise InternalError("self_check_failed", reason=error.code) from error
        if not (
            verified.valid
            and verified.covers_file
            and verified.certificate == self._certificate
            and verified.digest == self._hole.document_digest
        ):
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFormat:
    """Without a stamp the signature is in the file and on no page."""

    stamp: Stamp | None = None

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> PreparedPdf:
        file = held(document, limit=MAX_BYTES)
        signer = signer_of(certificate)
        scheme = best(cms.SCHEMES, signer.key)
        if scheme is None:
            raise UserError("certificate_unsuitable", reason="key")
        writer = opened(file)
        shown = preview(file)
        holder = describe(certificate).holder
        with readable():
            hole, holed = self._with_hole(
                writer, holder=holder, hash_name=scheme.hash, at=signing_time
            )
        attributes = cms.signed_attributes(certificate, hole.document_digest, scheme)
        message = attributes.dump()
        return PreparedPdf(
            description=Description(
                kind="pdf",
                sha256=hashlib.sha256(file).hexdigest(),
                size=len(file),
                preview=shown.text,
                preview_cut=shown.cut,
            ),
            mechanism=cms.SCHEMES[scheme],
            digest=hashlib.new(scheme.hash, message).digest(),
            message=message,
            _attributes=attributes,
            _scheme=scheme,
            _certificate=certificate,
            _file=holed,
            _hole=hole,
        )

    def _with_hole(
        self, writer: IncrementalPdfFileWriter, *, holder: str, hash_name: str, at: datetime
    ) -> tuple[PreparedByteRangeDigest, bytes]:
        name = _free_name(writer)
        signer = PdfSigner(
            PdfSignatureMetadata(
                field_name=name,
                md_algorithm=hash_name,
                subfilter=SigSeedSubFilter.PADES,
                name=holder,
                reason=(self.stamp.reason or None) if self.stamp else None,
            ),
            # It signs nothing here: only what it is called in the file matters.
            signer=ExternalSigner(signing_cert=None, cert_registry=None, signature_value=256),
            new_field_spec=self._field(writer, name),
            stamp_style=style(self.stamp, holder=holder, at=at) if self.stamp else None,
        )
        session = signer.init_signing_session(writer)
        session.system_time = at
        prepared = session.prepare_tbs_document(None, bytes_reserved=2 * cms.RESERVED)
        file = BytesIO()
        hole, _ = prepared.digest_tbs_document(output=file)
        return hole, file.getvalue()

    def _field(self, writer: IncrementalPdfFileWriter, name: str) -> SigFieldSpec:
        if self.stamp is None:
            return SigFieldSpec(name)
        pages = page_count(writer.prev)
        page = self.stamp.page - 1 if self.stamp.page > 0 else pages + self.stamp.page
        if not 0 <= page < pages:
            raise DocumentError("pdf_page", page=self.stamp.page, pages=pages)
        return SigFieldSpec(name, on_page=page, box=self.stamp.box)


def _free_name(writer: IncrementalPdfFileWriter) -> str:
    taken = _field_names(writer.prev.root)
    number = 1
    while f"OpenKySo{number}" in taken:
        number += 1
    return f"OpenKySo{number}"


def _field_names(root: DictionaryObject) -> set[str]:
    """Of the fields at the top, where ours goes."""
    try:
        fields = root["/AcroForm"]["/Fields"]  # `[…]` follows references
    except KeyError:
        return set()
    return {str(field["/T"]) for field in (one.get_object() for one in fields) if "/T" in field}
