"""A PDF's last signature raised to B-T, B-LT and B-LTA (EN 319 142-1 §6).

    B-T    the hole of the signature is filled anew: nothing covers what is in it yet
    B-LT   certificates and revocation answers go into the document security store, as an update
    B-LTA  a document time stamp over all of that, in a field of its own, as another update

What is reached already is left alone, so a file can be raised step by step. A document in a file is
raised in that file; when it cannot be, the file becomes again what it was.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from agent.documents import Made
from agent.errors import AgentError, DocumentError, InternalError
from agent.formats.cms import ber, timestamped, verify_timestamp
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.levels import (
    Answer,
    Evidence,
    EvidenceNeeded,
    Level,
    Need,
    Raising,
    StampNeeded,
)
from agent.formats.pdf.changes import HARMLESS
from agent.formats.pdf.hole import RESERVED, Hole, new_writer, with_hole, write
from agent.formats.pdf.intake import read, readable
from agent.formats.pdf.ranges import ByteRange, digests, size_of
from agent.formats.pdf.reader import Stream, stream_of
from agent.formats.pdf.sign import free_name, made
from agent.formats.pdf.store import add_to_store, name_of
from agent.formats.pdf.verify import PdfSignature, Signed, examined

_Step = Generator[Need, Answer, PdfSignature]


def raised(signed: Made, *, level: Level) -> Raising:
    """Raises DocumentError signature_invalid for an answer that is not what was asked for,
    evidence_unavailable for one without revocation data, option_unsupported where the signature is
    covered by something else already, pdf_*, storage_full; OSError.
    """
    with stream_of(signed) as stream, _undone(stream) as undo:
        before = examined(read(stream))
        if not before.signatures:
            raise DocumentError("signature_invalid", reason="missing")
        signature = before.signatures[-1]
        if not signature.valid or signature.place is None:
            raise DocumentError("signature_invalid", reason=signature.problem)
        if level.includes(Level.T) and not signature.timestamps:
            undo.keep(signature.place)
            signature = yield from _stamped(stream, signature)
        if level.includes(Level.LT) and name_of(signature.contents) not in before.store.about:
            signature = yield from _stored(stream, signature)
        if level.includes(Level.LTA) and not any(one.covers_file for one in before.timestamps):
            signature = yield from _archived(stream, signature)
        return made(signed, stream, _checked(stream, level, signature).sha256)


def _stamped(stream: Stream, signature: PdfSignature) -> _Step:
    if not signature.covers_file or signature.place is None:
        raise DocumentError("option_unsupported", option="level")
    token = yield StampNeeded(sha256=hashlib.sha256(signature.value).digest())
    assert isinstance(token, bytes)  # the answer to a StampNeeded
    hole = Hole(signature.place)
    cms = timestamped(bytes(ber.first(signature.contents).whole), token)
    if len(cms) > hole.capacity:
        raise Rejected(Reason.TIMESTAMP)
    hole.fill(stream, cms)
    return replace(signature, contents=cms.ljust(hole.capacity, b"\0"), timestamps=(token,))


def _stored(stream: Stream, signature: PdfSignature) -> _Step:
    stamps = [verify_timestamp(one, stamped=signature.value) for one in signature.timestamps]
    evidence = yield EvidenceNeeded(
        certificates=(signature.certificate, *(stamp.certificate for stamp in stamps)),
        hints=tuple(
            dict.fromkeys((*signature.embedded, *(c for one in stamps for c in one.embedded)))
        ),
    )
    assert isinstance(evidence, Evidence)  # the answer to an EvidenceNeeded
    if not (evidence.ocsp_responses or evidence.crls):
        raise DocumentError("evidence_unavailable")
    reader = read(stream)
    writer = new_writer(reader)
    with readable():
        add_to_store(writer, reader, evidence, about=signature.contents)
    write(writer)
    return signature


def _archived(stream: Stream, signature: PdfSignature) -> _Step:
    reader = read(stream)
    value = DocumentTimestamp(bytes_reserved=2 * RESERVED)  # type: ignore[no-untyped-call]
    hole = with_hole(new_writer(reader), value, name=free_name(reader))
    (archived,) = digests(stream, [(hole.place, frozenset())])
    token = yield StampNeeded(sha256=archived.digests["sha256"])
    assert isinstance(token, bytes)  # the answer to a StampNeeded
    try:
        verify_timestamp(token, stamped=archived)
    except DocumentError as error:
        raise Rejected(Reason.TIMESTAMP) from error
    if len(token) > hole.capacity:
        raise Rejected(Reason.TIMESTAMP)
    hole.fill(stream, token)
    return signature


def _checked(stream: Stream, level: Level, expected: PdfSignature) -> Signed:
    """What is there now, if it is what it should be. Raises InternalError self_check_failed."""
    try:
        found = examined(read(stream), whole=True)
        signature = found.signatures[-1]
        for token in signature.timestamps:
            verify_timestamp(token, stamped=signature.value)
    except (AgentError, IndexError) as error:
        raise InternalError("self_check_failed", reason="level") from error
    right = (
        signature.valid
        and signature.changed_after in HARMLESS
        and (signature.certificate, signature.digest) == (expected.certificate, expected.digest)
        and (not level.includes(Level.T) or signature.timestamps)
        and (not level.includes(Level.LT) or name_of(signature.contents) in found.store.about)
        and not any(one.problem for one in found.timestamps)
        and (
            not level.includes(Level.LTA)
            or (found.timestamps and found.timestamps[-1].changed_after in HARMLESS)
        )
    )
    if not right:
        raise InternalError("self_check_failed", reason=signature.problem or "level")
    return found


class _Undo:
    """What a stream was."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._size = size_of(stream)
        self._kept: list[tuple[int, bytes]] = []

    def keep(self, place: ByteRange) -> None:
        octets = bytearray(place.after - place.before)
        self._stream.seek(place.before)
        self._stream.readinto(octets)
        self._kept.append((place.before, bytes(octets)))

    def undo(self) -> None:
        for start, octets in self._kept:
            self._stream.seek(start)
            self._stream.write(octets)
        self._stream.truncate(self._size)
        self._stream.flush()


@contextmanager
def _undone(stream: Stream) -> Iterator[_Undo]:
    """Whatever ends the raising early leaves the stream as it was."""
    before = _Undo(stream)
    try:
        yield before
    except BaseException:
        before.undo()
        raise
