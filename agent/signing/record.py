"""The journal's lines for requests: each is written once, whatever the end.

One request has a `Record`; its line is on the disk before the reply may leave:

    record = Record(desk, errand, candidate, action="sign", name=name, sha256=sha256, size=size)
    async with recorded(record):
        …
        if not record.close("signed", Ending(level="B-T", stamped_at=at, evidence=(token,))):
            raise UserError("cancelled")

Many under one consent (a batch, a session of digests) have a `Ledger`: who asked, the certificate
and what it was judged by are the same for all lines and are hashed once. A line is in the journal's
file when it is written, which outlasts this process, and the signature may leave; it is on the
disk, which outlasts a power failure, within `agent.journal.settling.SETTLED_SECONDS` and at the
latest when the sitting ends. Writing blocks, for less than 0.1 ms as a rule and for a sync of the
disk now and then, so it belongs into the thread that makes the document:

    async with sitting(Ledger(desk, errand, candidate, action="sign")) as ledger:
        for … in …:
            ledger.signed(Subject(name=name, sha256=sha256, profile="etax"), Ending(level="B-B"))
            ledger.ended("document_has_dtd", Subject(name=name, sha256=sha256))

            # Where a page may go away meanwhile, the first outcome is the one that counts:
            line = ledger.line(Subject(name=name, sha256=sha256))
            if line.close("signed"):
                …  # it may leave

`Ending.evidence` is what the signature relies on beside what its certificate was judged by: time
stamps, and what was obtained to raise it, in DER. It is kept once, however many lines name it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agent.errors import AgentError
from agent.journal import Entry, Exhibit, Stored
from agent.signing.candidates import Candidate
from agent.signing.desk import Desk, Errand

#: Pieces of evidence that a ledger does not hash again; so many are in use at a time.
_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be signed."""

    name: str
    sha256: str  # hex, of the document as it was shown
    size: int | None = None  # bytes
    profile: str = ""
    mechanism: str = ""  # agent.keys.Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What there is to say of a signature beside that it was made."""

    level: str = ""  # that it has: agent.formats.levels.Level
    level_problem: str = ""  # error code: why it is not higher
    signed_at: datetime | None = None  # as it says itself
    stamped_at: datetime | None = None  # as its time stamp says
    evidence: tuple[bytes, ...] = field(default=(), repr=False)  # DER


_NOTHING_TO_SAY: Final = Ending()


class Ledger:
    """The lines of one sitting: one who asked, one certificate, any number of documents."""

    def __init__(
        self,
        desk: Desk,
        errand: Errand,
        candidate: Candidate,
        *,
        action: str,
        write: Callable[[Entry], Stored] | None = None,
    ) -> None:
        """`write` is the journal's `jot` unless said otherwise."""
        self._desk = desk
        self._errand = errand
        self._candidate = candidate
        self._action = action
        self._write = write or desk.journal.jot
        self._certificate = Exhibit.of(candidate.certificate.der)
        self._judged_by = _each_once(map(Exhibit.of, candidate.assessment.evidence))
        self._hashed: dict[bytes, Exhibit] = {}

    def line(self, subject: Subject) -> "Line":
        return Line(self, subject)

    def signed(self, subject: Subject, ending: Ending = _NOTHING_TO_SAY) -> None:
        """The signature may leave when this returns. Blocks."""
        self.ended("signed", subject, ending)

    def ended(self, outcome: str, subject: Subject, ending: Ending = _NOTHING_TO_SAY) -> None:
        """`outcome` is "signed" or an error code. Blocks."""
        evidence = self._judged_by
        if ending.evidence:
            evidence = _each_once((*evidence, *map(self._exhibit, ending.evidence)))
        self._write(
            Entry(
                at=self._desk.now(),
                origin=self._errand.asker.origin,
                action=self._action,
                name=subject.name,
                sha256=subject.sha256,
                size=subject.size,
                profile=subject.profile,
                mechanism=subject.mechanism,
                level=ending.level,
                level_problem=ending.level_problem,
                signed_at=ending.signed_at,
                stamped_at=ending.stamped_at,
                certificate=self._certificate,
                holder=self._candidate.summary.holder,
                serial=self._candidate.summary.serial,
                state=self._candidate.assessment.state.value,
                outcome=outcome,
                evidence=evidence,
            )
        )

    def settle(self) -> None:
        """All lines are on the disk when this returns. Blocks."""
        self._desk.journal.settle()

    def _exhibit(self, der: bytes) -> Exhibit:
        known = self._hashed.get(der)
        if known is None:
            known = Exhibit.of(der)
            if len(self._hashed) >= _REMEMBERED:
                self._hashed.clear()  # time stamps come once; the rest is soon there again
            self._hashed[der] = known
        return known


def _each_once(exhibits: Iterable[Exhibit]) -> tuple[Exhibit, ...]:
    return tuple({one.sha256: one for one in exhibits}.values())


class Line:
    """The first outcome is the one that is written.

    So when a page goes away while its signature is being checked, either the journal says
    `cancelled` and the signature is discarded, or it says `signed` and may have been sent.
    """

    def __init__(self, ledger: Ledger, subject: Subject) -> None:
        self._ledger = ledger
        self._subject = subject
        self._lock = threading.Lock()
        self._closed = False

    def close(self, outcome: str, ending: Ending = _NOTHING_TO_SAY) -> bool:
        """Write `outcome`; False if another was written before. Blocks."""
        with self._lock:
            if self._closed:
                return False
            self._ledger.ended(outcome, self._subject, ending)
            self._closed = True
            return True


class Record(Line):
    """The line of a request of its own: on the disk when it is closed."""

    def __init__(
        self,
        desk: Desk,
        errand: Errand,
        candidate: Candidate,
        *,
        action: str,
        name: str,
        sha256: str,
        size: int | None = None,
        profile: str = "",
        mechanism: str = "",
    ) -> None:
        super().__init__(
            Ledger(desk, errand, candidate, action=action, write=desk.journal.append),
            Subject(name=name, sha256=sha256, size=size, profile=profile, mechanism=mechanism),
        )


@asynccontextmanager
async def recorded(record: Line) -> AsyncIterator[Line]:
    """Write how the block ended, unless it has written that itself."""
    try:
        yield record
    except asyncio.CancelledError:
        await asyncio.to_thread(record.close, "cancelled")
        raise
    except AgentError as error:
        await asyncio.to_thread(record.close, error.code)
        raise
    except Exception:
        await asyncio.to_thread(record.close, "internal_error")
        raise


@asynccontextmanager
async def sitting(ledger: Ledger) -> AsyncIterator[Ledger]:
    """What was written in the block is on the disk when it ends, however that is."""
    try:
        yield ledger
    finally:
        await asyncio.shield(asyncio.to_thread(ledger.settle))
