"""CAdES B-T and B-LT (EN 319 122-1 §6): what is put beside a signature that is there.

    B-T   a time stamp of the signature's value, in an unsigned attribute
    B-LT  the certificates of all paths, the signer's and the authorities', in
          SignedData.certificates; CRLs and OCSP answers in SignedData.crls (RFC 5940)

The content and what is signed stay as they are, octet for octet. What is there already is not asked
for again, so a signature may be raised in steps.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.documents import Document, Filed, Made
from agent.errors import DocumentError, InternalError
from agent.formats import content as documents
from agent.formats.cms import ber
from agent.formats.cms.envelope import Envelope, without_content
from agent.formats.cms.large import apart
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.timestamp import Timestamp, verify_timestamp
from agent.formats.cms.verify import SIGNATURE_ROOM, Rules, Verified, verify_by
from agent.formats.content import Slice
from agent.formats.levels import Evidence, EvidenceNeeded, Level, Raising, StampNeeded
from agent.formats.self_check import self_check


def raised(rules: Rules, signed: Made, *, content: Document | None, level: Level) -> Raising:
    """`content`: what a detached signature is of. See `formats.api.Format.raised`."""
    if level is Level.LTA:
        raise DocumentError("option_unsupported", option="level")
    taken = _taken(signed, content)
    found = _only(verify_by(rules, taken.signature, content=taken.over))
    if level is Level.B:
        return signed
    with _as_grammar():
        envelope = Envelope.of(taken.signature)
    tokens = found.timestamps
    if not tokens:
        need = StampNeeded(sha256=hashlib.sha256(found.signature).digest())
        token = _token((yield need))
        verify_timestamp(token, stamped=found.signature)
        tokens = (token,)
        envelope = envelope.stamped(token)
    if level.includes(Level.LT):
        stamps = [verify_timestamp(one, stamped=found.signature) for one in tokens]
        evidence = _evidence((yield _need(found, stamps)))
        envelope = envelope.evidenced(
            certificates=evidence.certificates,
            crls=evidence.crls,
            ocsp_responses=evidence.ocsp_responses,
        )
    return _checked(rules, taken, found, envelope)


def _need(found: Verified, stamps: list[Timestamp]) -> EvidenceNeeded:
    hints = (*found.embedded, *(one for stamp in stamps for one in stamp.embedded))
    wanted = (found.certificate, *(stamp.certificate for stamp in stamps))
    return EvidenceNeeded(
        certificates=tuple(dict.fromkeys(wanted)), hints=tuple(dict.fromkeys(hints))
    )


def _token(answer: bytes | Evidence) -> bytes:
    if not isinstance(answer, bytes):
        raise InternalError("internal_error", reason="not a token")
    return answer


def _evidence(answer: bytes | Evidence) -> Evidence:
    if not isinstance(answer, Evidence):
        raise InternalError("internal_error", reason="no evidence")
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A signed document with its content taken apart."""

    signature: bytes  # detached
    over: Document
    inside: bytes | Slice | None = field(repr=False)  # the content, if it is in the document
    scratch: Filed | None  # the document, if it is in a file

    def around(self, envelope: Envelope) -> Made:
        size = None if self.inside is None else documents.size_of(self.over)
        head, tail = envelope.around(size)
        if len(tail) > SIGNATURE_ROOM:
            raise DocumentError("document_too_large", size=len(tail), limit=SIGNATURE_ROOM)
        if isinstance(self.inside, Slice):
            assert self.scratch is not None
            return documents.filed(self.scratch.scratch, (head, self.inside, tail))
        return b"".join((head, self.inside or b"", tail))


def _taken(signed: Made, content: Document | None) -> _Taken:
    if isinstance(signed, Filed):
        found = apart(signed.path)
        if found.place is None:
            raise Rejected(Reason.GRAMMAR)  # no file of ours
        return _Taken(
            signature=found.signature, over=found.content, inside=found.place, scratch=signed
        )
    with _as_grammar():
        signature, inside = without_content(signed)
    over = content if inside is None else inside
    if over is None:
        raise Rejected(Reason.CONTENT)
    return _Taken(signature=signature, over=over, inside=inside, scratch=None)


@contextmanager
def _as_grammar() -> Iterator[None]:
    try:
        yield
    except ber.Malformed as error:
        raise Rejected(Reason.GRAMMAR) from error


def _only(verified: tuple[Verified, ...]) -> Verified:
    if len(verified) != 1:
        raise Rejected(Reason.GRAMMAR)
    return verified[0]


def _checked(rules: Rules, taken: _Taken, before: Verified, envelope: Envelope) -> Made:
    """The document, when it says all that it said and what was put beside it."""
    made = taken.around(envelope)
    try:
        with self_check():
            again = _taken(made, None if taken.inside is not None else taken.over)
            after = _only(verify_by(rules, again.signature, content=again.over))
            _check(before, after, envelope)
    except BaseException:
        if isinstance(made, Filed):
            made.path.unlink(missing_ok=True)
        raise
    return made


def _check(before: Verified, after: Verified, envelope: Envelope) -> None:
    signed = [(one.certificate, one.digest, one.signature) for one in (before, after)]
    beside = len(after.crls) + len(after.ocsp_responses)
    if signed[0] != signed[1] or not after.timestamps or beside != len(envelope.revocations):
        raise InternalError("self_check_failed", reason="content")
    for token in after.timestamps:
        verify_timestamp(token, stamped=after.signature)
