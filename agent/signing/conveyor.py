"""Documents on their way through a key, several at a time, so that it never waits for them.

    left ─▶ opened ─▶ prepared ─▶ signed ─▶ completed, verified ─▶ raised ─▶ journal ─▶ out
              └───────────── at most so many documents and octets ─────────────────┘

    a document's own failure    an outcome; the others go on
    a failure of the key        nothing new is begun; what was signed is completed, the rest left
    cancelled                   the same, but what cannot be handed over soon is given up

The journal has a line for each document that the key was asked to sign, whatever came of it; the
line is there before the signature leaves. Memory does not grow with the number of documents.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from agent.consent.prompts import Approval
from agent.documents import Document
from agent.errors import AgentError, UserError
from agent.formats.api import Format, unseen
from agent.hsm.api import ToSign
from agent.keys import Mechanism
from agent.signing.candidates import Candidate
from agent.signing.desk import Desk, Errand
from agent.signing.outcomes import Excluded, Failed, Listed, Outcome, Signed, Taker
from agent.signing.raising import raised
from agent.signing.record import Ledger, Line, Subject
from agent.signing.sitting import Key, NotAccepted
from agent.signing.window import Window
from agent.signing.workshop import Work, Workshop

#: Documents that are opened, prepared, signed or raised at the same time, unless a service's
#: authorisation covers more; their octets; and the most that are put under one authorisation.
_UNDER_WAY: Final = 12
_BYTES_UNDER_WAY: Final = 64 * 1024 * 1024
_MOST_AT_ONCE: Final = 1000
#: Seconds that what is signed has to be handed over, when it was stopped from outside.
_FAREWELL_SECONDS: Final = 3.0
#: A document's failure that the next ones would have, too.
_EVERYBODYS: Final = frozenset({"storage_full"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A document, and how it is signed."""

    listed: Listed
    format: Format


@dataclass(slots=True, kw_only=True)
class _Carried:
    """A piece that is prepared, and its line in the journal."""

    piece: Piece
    document: Document
    work: Work
    line: Line
    at: datetime
    signature: bytes = b""

    @property
    def item(self) -> ToSign:
        return ToSign(
            name=self.piece.listed.name, digest=self.work.digest, message=self.work.message
        )


@dataclass(slots=True, kw_only=True)
class Conveyor:
    desk: Desk
    errand: Errand
    candidate: Candidate
    ledger: Ledger
    taker: Taker
    left: deque[Piece]
    #: The key was asked for a signature.
    used: bool = False
    _workshop: Workshop = field(init=False)
    _turns: asyncio.Semaphore = field(init=False)
    _total: int = field(init=False)
    _done: int = field(default=0, init=False)
    _stopped: Exception | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _signing: set[asyncio.Future[tuple[bytes, ...]]] = field(default_factory=set, init=False)
    _documents: int = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)
    _lighter: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self._total = len(self.left)

    async def run(self, key: Key, window: Window, approval: Approval, workshop: Workshop) -> None:
        """All that is left, but what the user took out. May be run again after NotAccepted.

        Raises what stopped it: what `Key.sign` does, UserError storage_full.
        """
        self._stopped, self._workshop = None, workshop
        self._turns = asyncio.Semaphore(key.abreast)
        await self._take_out(approval.excluded, window)
        try:
            while self.left and self._stopped is None:
                group = await self._next(key.at_once)
                task = asyncio.create_task(self._carry(group, key, window))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            self._stop(UserError("cancelled"))
            if self._tasks and not self.taker.gone:
                await asyncio.wait(self._tasks, timeout=_FAREWELL_SECONDS)
            raise
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._stopped is not None:
            raise self._stopped

    async def _take_out(self, excluded: frozenset[int], window: Window) -> None:
        out = [piece for piece in self.left if piece.listed.index in excluded]
        self.left = deque(piece for piece in self.left if piece.listed.index not in excluded)
        for piece in out:
            listed = piece.listed
            await self._hand_over(Excluded(index=listed.index, sha256=listed.sha256), window)

    async def _next(self, at_once: int) -> tuple[Piece, ...]:
        """As many as are signed together, when there is room for them."""
        most = min(at_once, _MOST_AT_ONCE)
        while self._documents and not self._has_room(most):
            self._lighter.clear()
            await self._lighter.wait()
        group = [self._begun()]
        while len(group) < most and self.left and self._has_room(1):
            group.append(self._begun())
        return tuple(group)

    def _has_room(self, documents: int) -> bool:
        return (
            self._documents + documents <= max(_UNDER_WAY, documents)
            and self._bytes + self.left[0].listed.size <= _BYTES_UNDER_WAY
        )

    def _begun(self) -> Piece:
        piece = self.left.popleft()
        self._documents += 1
        self._bytes += piece.listed.size
        return piece

    async def _carry(self, group: Sequence[Piece], key: Key, window: Window) -> None:
        try:
            async with AsyncExitStack() as opened:
                prepared = await asyncio.gather(
                    *(self._prepared(piece, opened, window) for piece in group)
                )
                carried = [one for one in prepared if one is not None]
                signed = await self._signed(carried, key, window)
                await asyncio.gather(*(self._finish(one, window) for one in signed))
        except Exception as error:  # noqa: BLE001 - a defect, or the journal's: it ends all
            self._stop(error)
        finally:
            self._documents -= len(group)
            self._bytes -= sum(piece.listed.size for piece in group)
            self._lighter.set()

    async def _prepared(
        self, piece: Piece, opened: AsyncExitStack, window: Window
    ) -> _Carried | None:
        """None when it cannot be signed, which has been told then."""
        if self._stopped is not None:
            self.left.appendleft(piece)
            return None
        listed, at = piece.listed, self.desk.now()
        try:
            document = await opened.enter_async_context(listed.opened())
            work = await self._workshop.prepare(
                unseen(piece.format),
                document,
                certificate=self.candidate.certificate.der,
                signing_time=at,
            )
        except AgentError as error:
            await self._failed(piece, error, window)
            return None
        subject = Subject(
            name=listed.name,
            sha256=listed.sha256,
            size=listed.size,
            profile=listed.profile,
            mechanism=work.mechanism.value,
        )
        line = self.ledger.line(subject)
        return _Carried(piece=piece, document=document, work=work, line=line, at=at)

    async def _signed(
        self, carried: Sequence[_Carried], key: Key, window: Window
    ) -> Sequence[_Carried]:
        """Those that were; the others are left, and it has stopped."""
        signed: list[_Carried] = []
        for mechanism, some in _by_mechanism(carried):
            async with self._turns:
                if self._stopped is None and await self._sign(some, key, window, mechanism):
                    signed += some
                else:
                    self.left.extendleft(one.piece for one in reversed(some))
        return signed

    async def _sign(
        self, some: Sequence[_Carried], key: Key, window: Window, mechanism: Mechanism
    ) -> bool:
        """Whether it has; else it has stopped."""
        self.used = True
        items = [one.item for one in some]
        signing = asyncio.ensure_future(key.sign(window, items, mechanism))
        self._signing.add(signing)
        try:
            signatures = await signing
        except (AgentError, NotAccepted) as error:
            self._stop(error)
            await self._close(some, error)
            return False
        except asyncio.CancelledError:
            self._stop(UserError("cancelled"))
            await self._close(some, self._why)
            return False
        finally:
            signing.cancel()
            self._signing.discard(signing)
        for one, signature in zip(some, signatures, strict=True):
            one.signature = signature
        return True

    async def _close(self, some: Sequence[_Carried], error: Exception) -> None:
        """In the journal, of what the key was asked to sign and did not. A wrong PIN is the
        window's affair: the same documents come again, or it ends with a refusal.
        """
        if isinstance(error, AgentError):
            code = error.code
            await asyncio.to_thread(lambda: [one.line.close(code) for one in some])

    async def _finish(self, one: _Carried, window: Window) -> None:
        listed = one.piece.listed
        try:
            made = await one.work.complete(one.signature)
            reached = await raised(
                self.desk,
                self.errand,
                one.piece.format,
                made,
                document=one.document,
                level=listed.options.level,
            )
        except AgentError as error:
            await asyncio.to_thread(one.line.close, error.code)
            await self._failed(one.piece, error, window)
            return
        except BaseException:
            await asyncio.shield(asyncio.to_thread(one.line.close, "cancelled"))
            raise
        ending = replace(reached.ending, signed_at=one.at)
        await asyncio.to_thread(one.line.close, "signed", ending)
        await self._hand_over(
            Signed(
                index=listed.index,
                sha256=listed.sha256,
                document=reached.document,
                level=reached.level,
                level_problem=reached.problem,
            ),
            window,
        )

    async def _failed(self, piece: Piece, error: AgentError, window: Window) -> None:
        if error.code in _EVERYBODYS:
            self.left.appendleft(piece)
            self._stop(error)
            return
        listed = piece.listed
        failed = Failed(index=listed.index, sha256=listed.sha256, error=error)
        await self._hand_over(failed, window)

    async def _hand_over(self, outcome: Outcome, window: Window) -> None:
        await self.taker.take(outcome)
        self._done += 1
        await window.dialog.done(self._done, self._total)
        await self.taker.count(self._done, self._total)

    @property
    def _why(self) -> Exception:
        assert self._stopped is not None
        return self._stopped

    def _stop(self, why: Exception) -> None:
        """The first reason counts. What the key has not begun is not signed any more."""
        if self._stopped is None:
            self._stopped = why
            for signing in self._signing:
                signing.cancel()


def _by_mechanism(
    carried: Iterable[_Carried],
) -> Iterable[tuple[Mechanism, Sequence[_Carried]]]:
    """One authorisation of a service is for signatures of one kind."""
    ordered = sorted(carried, key=lambda one: one.work.mechanism)
    for mechanism, some in groupby(ordered, key=lambda one: one.work.mechanism):
        yield mechanism, tuple(some)
