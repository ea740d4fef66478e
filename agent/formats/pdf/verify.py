"""What a PDF's signatures and time stamps are worth, each for itself.

    problem        why it is no signature at all, or "": by its certificate's key, over exactly the
                   octets around itself, by algorithms that count
    covers         the whole file, or what the file was when it was signed
    changed_after  what was added after it (`agent.formats.pdf.changes`): nothing that matters, form
                   fields and further signatures, or anything else (shadow attacks among it)

Whether a certificate is to be believed is not said here (agent.certificates).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, extract_contents

from agent.documents import Digested, Document
from agent.errors import DocumentError
from agent.formats import pdf
from agent.formats.cms import Timestamp, ber, needed_digests, verify_timestamp
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.timestamp import imprint_hash
from agent.formats.cms.verify import PADES, PLAIN, Rules, Verified, verify_by
from agent.formats.pdf.changes import Change, allows_filling, changed_after, covers_revision
from agent.formats.pdf.fields import signed_fields
from agent.formats.pdf.intake import read, readable
from agent.formats.pdf.objects import entry
from agent.formats.pdf.ranges import ByteRange, digests, gap, read_range, size_of, up_to
from agent.formats.pdf.reader import Reader, stream_of
from agent.formats.pdf.store import Store, read_store

_MAX_SIGNATURES: Final = 100
_TIMESTAMP: Final = "/DocTimeStamp"
#: By what the dictionary says of its contents (ISO 32000-2 §12.8.3). The rest hashes by SHA-1.
_RULES: Final = {"/ETSI.CAdES.detached": PADES, "/adbe.pkcs7.detached": PLAIN}


class Covers(StrEnum):
    WHOLE_FILE = "whole-file"
    REVISION = "revision"  # all of the file as it was then
    PART = "part"  # something is left out: no signature


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    field_name: str
    problem: str = ""  # a `Reason`, of CMS or of PDF
    certificate: bytes = field(repr=False, default=b"")  # DER; the signer says it is his
    bound: bool = False  # the signer named this certificate in what is signed
    embedded: tuple[bytes, ...] = field(repr=False, default=())  # DER
    algorithm: str = ""  # "rsa-pkcs1-sha256"
    digest: bytes = b""  # of what is signed
    value: bytes = field(repr=False, default=b"")  # what a time stamp is of
    timestamps: tuple[bytes, ...] = field(repr=False, default=())  # tokens, DER; not judged
    claimed_at: datetime | None = None  # the signer's word
    covers: Covers = Covers.PART
    changed_after: Change = Change.OTHER
    allows_filling: bool = False  # the signer foresaw that forms are filled in afterwards
    contents: bytes = field(repr=False, default=b"")  # with the zeros behind it
    place: ByteRange | None = None

    @property
    def valid(self) -> bool:
        return not self.problem

    @property
    def covers_file(self) -> bool:
        return self.covers is Covers.WHOLE_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTimestamp:
    """A document time stamp (EN 319 142-1 §5.4.3): of all that stands before it in the file."""

    field_name: str
    problem: str = ""
    stamp: Timestamp | None = None  # its authority is not judged
    covers: Covers = Covers.PART
    changed_after: Change = Change.OTHER
    place: ByteRange | None = None

    @property
    def covers_file(self) -> bool:
        return self.covers is Covers.WHOLE_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What is signed in a file, in the order in which it was."""

    signatures: tuple[PdfSignature, ...]
    timestamps: tuple[PdfTimestamp, ...]
    store: Store
    sha256: bytes = b""  # of the whole file, if it was asked for

    def warnings(self, signature: PdfSignature) -> tuple[str, ...]:
        """Codes of what a reader should know of one that is valid."""
        loose = () if signature.bound else ("certificate_not_bound",)
        last = signature is self.signatures[-1]
        filled = last and signature.changed_after is Change.FILLED
        return (*loose, *(("filled_after",) if filled else ()))

    def archived(self, signature: PdfSignature) -> tuple[Timestamp, ...]:
        """The document time stamps that `signature` is under, the earliest first."""
        return tuple(
            one.stamp
            for one in self.timestamps
            if one.stamp is not None
            and one.place is not None
            and signature.place is not None
            and not one.problem
            and one.place.before >= signature.place.end
        )


def signatures(document: Document) -> tuple[PdfSignature, ...]:
    """As `examine`."""
    return examine(document).signatures


def examine(document: Document) -> Signed:
    """Raises DocumentError pdf_malformed, pdf_encrypted, document_too_large; OSError."""
    with stream_of(document) as stream:
        return examined(read(stream))


def examined(reader: Reader, *, only: str = "", whole: bool = False) -> Signed:
    """As `examine`, or of the field called `only`; `whole`: and the hash of the file."""
    with readable():
        store = read_store(reader)  # before the analysis leaves its streams in the file
        found = [one for one in _found(reader) if only in ("", one.name)]
        found.sort(key=lambda one: one.place.end if one.place else 0)
        sound = [one for one in found if one.place is not None]
        wanted = [(one.place, one.hashes) for one in sound if one.place is not None]
        if whole:
            wanted.append((up_to(size_of(reader.stream)), frozenset()))
        hashed = digests(reader.stream, wanted)
        for one, digested in zip(sound, hashed, strict=not whole):
            one.digested = digested
        return Signed(
            signatures=tuple(_signature(one) for one in found if not one.is_timestamp),
            timestamps=tuple(_timestamp(one) for one in found if one.is_timestamp),
            store=store,
            sha256=hashed[-1].digests["sha256"] if whole else b"",
        )


def changes(reader: Reader, *, without: str) -> dict[str, Change]:
    """What was changed after each signature but that in the field called `without`.

    Raises DocumentError pdf_malformed; OSError.
    """
    with readable():
        return {
            one.name: _standing(one, one.place)[2]
            for one in _found(reader, without=without)
            if one.place is not None
        }


@dataclass(kw_only=True)
class _Found:
    """A signature's place in the file."""

    name: str
    reader: Reader
    field: generic.DictionaryObject
    is_timestamp: bool = False
    problem: str = ""
    contents: bytes = b""
    cms: bytes = b""  # without the zeros behind it
    hashes: frozenset[str] = frozenset()
    place: ByteRange | None = None
    digested: Digested | None = None


def _found(reader: Reader, *, without: str = "") -> Iterator[_Found]:
    for number, (name, signature_field) in enumerate(signed_fields(reader)):
        if number >= _MAX_SIGNATURES:
            raise DocumentError("pdf_malformed", reason="signatures")
        if name != without:
            one = _Found(name=name, reader=reader, field=signature_field)
            try:
                _look(one)
            except DocumentError as error:
                one.problem = str(error.details.get("reason", error.code))
            except Exception:  # noqa: BLE001 - pyHanko's, on what is nearly a signature
                one.problem = Reason.GRAMMAR
            yield one


def _look(one: _Found) -> None:
    value = one.field["/V"]
    one.is_timestamp = entry(value, "/Type") == _TIMESTAMP
    one.contents = extract_contents(value)
    size = size_of(one.reader.stream)
    place = read_range(entry(value, "/ByteRange"), size=size)
    if place is None or gap(one.reader.stream, place) != one.contents:
        raise DocumentError("signature_invalid", reason=pdf.Reason.REFERENCE.value)
    try:
        one.cms = bytes(ber.first(one.contents).whole)
    except ber.Malformed as error:
        raise Rejected(Reason.GRAMMAR) from error
    if one.contents[len(one.cms) :].strip(b"\0"):
        raise Rejected(Reason.GRAMMAR)  # something is hidden behind the signature
    one.hashes = frozenset({imprint_hash(one.cms)}) if one.is_timestamp else needed_digests(one.cms)
    one.place = place


def _signature(one: _Found) -> PdfSignature:
    seen = PdfSignature(field_name=one.name, problem=one.problem, contents=one.contents)
    if one.place is None or one.digested is None:
        return seen
    try:
        rules, verified = _verified(one)
        embedded, covers, change = _standing(one, one.place)
        seen = replace(
            seen,
            certificate=verified.certificate,
            bound=rules is PADES,
            embedded=tuple(c for c in verified.embedded if c != verified.certificate),
            algorithm=f"{verified.scheme.kind}-{verified.scheme.hash}",
            digest=verified.digest,
            value=verified.signature,
            timestamps=verified.timestamps,
            claimed_at=verified.signing_time or _told(one),
            covers=covers,
            changed_after=change,
            place=one.place,
            allows_filling=allows_filling(embedded),
        )
    except DocumentError as error:
        return replace(seen, problem=str(error.details.get("reason", error.code)))
    except Exception:  # noqa: BLE001 - pyHanko's
        return replace(seen, problem=Reason.GRAMMAR)
    return seen if covers is not Covers.PART else replace(seen, problem=pdf.Reason.REFERENCE)


def _timestamp(one: _Found) -> PdfTimestamp:
    seen = PdfTimestamp(field_name=one.name, problem=one.problem)
    if one.place is None or one.digested is None:
        return replace(seen, problem=one.problem or Reason.TIMESTAMP)
    try:
        stamp = verify_timestamp(one.cms, stamped=one.digested)
        _, covers, change = _standing(one, one.place)
    except DocumentError as error:
        return replace(seen, problem=str(error.details.get("reason", error.code)))
    except Exception:  # noqa: BLE001 - pyHanko's
        return replace(seen, problem=Reason.GRAMMAR)
    problem = pdf.Reason.REFERENCE if covers is Covers.PART else ""
    return replace(
        seen, problem=problem, stamp=stamp, covers=covers, changed_after=change, place=one.place
    )


def _verified(one: _Found) -> tuple[Rules, Verified]:
    rules = _RULES.get(str(entry(one.field["/V"], "/SubFilter")))
    if rules is None:
        raise Rejected(Reason.ALGORITHM)
    try:
        found = verify_by(PADES, one.cms, content=one.digested)
        rules = PADES
    except DocumentError as error:
        if rules is PADES or error.details.get("reason") != Reason.BINDING:
            raise
        found = verify_by(rules, one.cms, content=one.digested)
    if len(found) != 1:
        raise Rejected(Reason.GRAMMAR)  # ISO 32000-2 §12.8.3.3.1: a single signer
    return rules, found[0]


def _standing(one: _Found, place: ByteRange) -> tuple[EmbeddedPdfSignature, Covers, Change]:
    embedded = EmbeddedPdfSignature(one.reader, one.field, one.name)
    if place.end == size_of(one.reader.stream):
        return embedded, Covers.WHOLE_FILE, Change.NONE
    if not covers_revision(embedded):
        return embedded, Covers.PART, Change.OTHER
    return embedded, Covers.REVISION, changed_after(embedded, one.reader, end=place.end)


def _told(one: _Found) -> datetime | None:
    """The dictionary's /M."""
    try:
        told = generic.parse_pdf_date(one.field["/V"]["/M"], strict=False)
    except Exception:  # noqa: BLE001 - it is a stranger's text
        return None
    return told if told.tzinfo else None
