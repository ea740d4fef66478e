"""Sign a PDF: prepare → the key signs elsewhere → complete. PAdES B-B, as an incremental update."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from agent.certificates.describe import describe
from agent.documents import Description, Digested, Document
from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.formats.algorithms import Scheme, best
from agent.formats.cms.sign import PREFERRED, CmsFormat, PreparedCms
from agent.formats.cms.verify import PADES
from agent.formats.content import held
from agent.formats.options import Stamp
from agent.formats.pdf.intake import MAX_BYTES, opened, page_count, readable
from agent.formats.pdf.preview import preview
from agent.formats.pdf.stamp import style
from agent.formats.pdf.verify import last_signature
from agent.formats.signer import signer_of
from agent.keys import Mechanism

#: Octets kept free for the CMS in the file: a chain of three, and room for a time stamp.
_RESERVED: Final = 24_576


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A file with a hole for the CMS, and the CMS that lacks its value."""

    description: Description
    _cms: PreparedCms
    _file: bytes = field(repr=False)
    _hole: PreparedByteRangeDigest = field(repr=False)
    _certificate: bytes = field(repr=False)

    @property
    def mechanism(self) -> Mechanism:
        return self._cms.mechanism

    @property
    def digest(self) -> bytes:
        return self._cms.digest

    @property
    def message(self) -> bytes:
        return self._cms.message

    def complete(self, signature: bytes) -> bytes:
        output = BytesIO(self._file)
        self._hole.fill_with_cms(output, self._cms.complete(signature))
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


def prepare(
    document: Document,
    *,
    certificate: bytes,
    signing_time: datetime,
    stamp: Stamp | None,
    authorities: tuple[bytes, ...],
    shown: bool = True,
) -> PreparedPdf:
    """As `PdfFormat.prepare`."""
    file = held(document, limit=MAX_BYTES)
    scheme = best(map(Scheme.of, PREFERRED), signer_of(certificate).key)
    if scheme is None:
        raise UserError("certificate_unsuitable", reason="key")
    writer = opened(file)
    seen = preview(file) if shown else None
    holder = describe(certificate).holder
    with readable():
        hole, holed = _with_hole(
            writer, stamp, holder=holder, hash_name=scheme.hash, at=signing_time
        )
    signing = CmsFormat(
        attached=False, mechanisms=(scheme.mechanism,), authorities=authorities, rules=PADES
    )
    return PreparedPdf(
        description=Description(
            kind="pdf",
            sha256=hashlib.sha256(file).hexdigest(),
            size=len(file),
            preview="" if seen is None else seen.text,
            preview_cut=seen is None or seen.cut,
        ),
        _cms=signing.prepare(
            _around(hole, holed, {scheme.hash, "sha256"}),
            certificate=certificate,
            signing_time=signing_time,
        ),
        _file=holed,
        _hole=hole,
        _certificate=certificate,
    )


def _with_hole(
    writer: IncrementalPdfFileWriter,
    stamp: Stamp | None,
    *,
    holder: str,
    hash_name: str,
    at: datetime,
) -> tuple[PreparedByteRangeDigest, bytes]:
    name = _free_name(writer)
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=name,
            md_algorithm=hash_name,
            subfilter=SigSeedSubFilter.PADES,
            name=holder,
            reason=(stamp.reason or None) if stamp else None,
        ),
        # It signs nothing here: only what it is called in the file matters.
        signer=ExternalSigner(signing_cert=None, cert_registry=None, signature_value=256),
        new_field_spec=_field(writer, stamp, name),
        stamp_style=style(stamp, holder=holder, at=at) if stamp else None,
    )
    session = signer.init_signing_session(writer)
    session.system_time = at
    prepared = session.prepare_tbs_document(None, bytes_reserved=2 * _RESERVED)
    file = BytesIO()
    hole, _ = prepared.digest_tbs_document(output=file)
    return hole, file.getvalue()


def _field(writer: IncrementalPdfFileWriter, stamp: Stamp | None, name: str) -> SigFieldSpec:
    if stamp is None:
        return SigFieldSpec(name)
    pages = page_count(writer.prev)
    page = stamp.page - 1 if stamp.page > 0 else pages + stamp.page
    if not 0 <= page < pages:
        raise DocumentError("pdf_page", page=stamp.page, pages=pages)
    return SigFieldSpec(name, on_page=page, box=stamp.box)


def _around(hole: PreparedByteRangeDigest, file: bytes, algorithms: set[str]) -> Digested:
    """What the signature is of: all of the file but the hole (ISO 32000-1 §12.8.1)."""
    view = memoryview(file)
    parts = view[: hole.reserved_region_start], view[hole.reserved_region_end :]
    hashes = {name: hashlib.new(name) for name in algorithms}
    for part in parts:
        for one in hashes.values():
            one.update(part)
    return Digested(
        size=sum(map(len, parts)), digests={name: one.digest() for name, one in hashes.items()}
    )


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
