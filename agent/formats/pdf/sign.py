"""Sign a PDF: prepare → the key signs elsewhere → complete. PAdES B-B, as an incremental update."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from agent.certificates.describe import describe
from agent.documents import Description, Digested, Document, Filed, Made
from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.formats.algorithms import Scheme, best
from agent.formats.cms.sign import CmsFormat, PreparedCms
from agent.formats.cms.verify import PADES
from agent.formats.options import Stamp
from agent.formats.pdf.changes import Change
from agent.formats.pdf.fields import top_names
from agent.formats.pdf.hole import RESERVED, Hole, new_writer, with_hole
from agent.formats.pdf.intake import read, read_to_sign
from agent.formats.pdf.preview import preview, warnings
from agent.formats.pdf.ranges import digests, up_to
from agent.formats.pdf.reader import Reader, Stream, stream_of
from agent.formats.pdf.spool import copied
from agent.formats.pdf.stamp import drawn
from agent.formats.pdf.verify import Signed, changes, examined
from agent.formats.signer import signer_of
from agent.keys import Mechanism

_SPOILT: Final = frozenset({Change.OTHER, Change.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A file with a hole for the CMS, and the CMS that lacks its value."""

    description: Description
    _cms: PreparedCms
    _file: Made = field(repr=False)
    _hole: Hole
    _name: str  # of the field
    _signed: Digested  # what is around the hole
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

    def complete(self, signature: bytes) -> Made:
        cms = self._cms.complete(signature)
        assert isinstance(cms, bytes)  # a detached one is small
        if len(cms) > self._hole.capacity:
            raise InternalError("self_check_failed", reason="size")
        with stream_of(self._file) as stream:
            self._hole.fill(stream, cms)
            try:
                found = examined(read(stream), only=self._name, whole=True)
            except AgentError as error:
                raise InternalError("self_check_failed", reason=error.code) from error
            self._check(found)
            return made(self._file, stream, found.sha256)

    def _check(self, found: Signed) -> None:
        right = [
            one.valid
            and one.covers_file
            and one.certificate == self._certificate
            and one.digest in self._signed.digests.values()
            for one in found.signatures
        ]
        if right != [True]:
            problems = [one.problem for one in found.signatures]
            raise InternalError("self_check_failed", reason=(*problems, "content")[0])


def prepare(
    document: Document,
    *,
    certificate: bytes,
    signing_time: datetime,
    stamp: Stamp | None,
    authorities: tuple[bytes, ...],
    mechanisms: tuple[Mechanism, ...],
    shown: bool = True,
) -> PreparedPdf:
    """As `PdfFormat.prepare`."""
    scheme = best(map(Scheme.of, mechanisms), signer_of(certificate).key)
    if scheme is None:
        raise UserError("certificate_unsuitable", reason="key")
    holder = describe(certificate).holder
    with _to_be_added_to(document) as stream:
        reader = read_to_sign(stream)
        earlier = examined(reader)
        seen = preview(document, earlier) if shown else None
        writer = new_writer(reader)
        name = free_name(reader)
        hole = with_hole(
            writer,
            SignatureObject(
                bytes_reserved=2 * RESERVED,
                subfilter=SigSeedSubFilter.PADES,
                timestamp=signing_time,
                name=holder,
                reason=(stamp.reason or None) if stamp else None,
            ),
            name=name,
            drawn=drawn(stamp, reader, holder=holder, at=signing_time) if stamp else None,
        )
        _check_that_others_stay(earlier, stream, name)
        size, sha256 = _known(document)
        original, signed = digests(
            stream, [(up_to(size), frozenset()), (hole.place, frozenset({scheme.hash}))]
        )
        if original.digests["sha256"] != sha256:
            raise InternalError("self_check_failed", reason="document")
        cms = CmsFormat(
            attached=False, mechanisms=(scheme.mechanism,), authorities=authorities, rules=PADES
        ).prepare(signed, certificate=certificate, signing_time=signing_time)
        return PreparedPdf(
            description=Description(
                kind="pdf",
                sha256=sha256.hex(),
                size=size,
                preview="" if seen is None else seen.text,
                preview_cut=seen is None or seen.cut,
                warnings=warnings(earlier),
            ),
            _cms=cms,
            _file=made(document, stream, b""),
            _hole=hole,
            _name=name,
            _signed=signed,
            _certificate=certificate,
        )


def made(like: Document, stream: Stream, sha256: bytes) -> Made:
    """What `stream` has now, in the form that `like` has."""
    if not isinstance(like, Filed):
        return stream.getvalue()  # type: ignore[union-attr]  # then it is a BytesIO
    path = Path(stream.raw.name)  # type: ignore[union-attr]  # then it is Spooled
    size = stream.seek(0, 2)
    return replace(like, path=path, size=size, digests={"sha256": sha256})


def free_name(reader: Reader) -> str:
    """Of a field, for ours."""
    taken = top_names(reader)
    number = 1
    while f"OpenKySo{number}" in taken:
        number += 1
    return f"OpenKySo{number}"


def _to_be_added_to(document: Document) -> Stream:
    if isinstance(document, Filed):
        document = replace(document, path=copied(document.path, scratch=document.scratch))
    return stream_of(document)


def _known(document: Document) -> tuple[int, bytes]:
    if isinstance(document, bytes):
        return len(document), hashlib.sha256(document).digest()
    return document.size, document.digests["sha256"]


def _check_that_others_stay(earlier: Signed, stream: Stream, name: str) -> None:
    """That ours does not spoil a signature which forbids it. Raises DocumentError pdf_certified."""
    before = {one.field_name: one.changed_after for one in earlier.signatures if one.valid} | {
        one.field_name: one.changed_after for one in earlier.timestamps if not one.problem
    }
    if not before:
        return
    after = changes(read(stream), without=name)
    if any(
        after.get(each, Change.OTHER) in _SPOILT and change not in _SPOILT
        for each, change in before.items()
    ):
        raise DocumentError("pdf_certified", reason="changes")
