"""Raise a signature to the level that was asked for: time stamps, then evidence.

Formats say what they need (`agent.formats.levels`); here the authorities and responders are asked,
some of which take minutes. The key has signed by then, so nothing that fails here is an error: the
result is what was reached, and why not more. Only where the administrator requires evidence
([revocation] require) a signature without it is not handed out.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, assert_never

from agent.documents import Document, Filed, Made
from agent.errors import AgentError, DocumentError, ServiceError, UserError
from agent.formats.api import Format
from agent.formats.levels import (
    Answer,
    Evidence,
    EvidenceNeeded,
    Level,
    Need,
    Raising,
    StampNeeded,
)
from agent.signing.desk import Desk, Errand
from agent.signing.record import Ending
from protocol.messages import Stage

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    document: Made
    level: Level
    problem: str = ""  # the error code why it is not higher
    #: When it was stamped first, and all that was obtained for it, in DER: for the journal.
    stamped_at: datetime | None = None
    evidence: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def ending(self) -> Ending:
        return Ending(
            level=self.level.value,
            level_problem=self.problem,
            stamped_at=self.stamped_at,
            evidence=self.evidence,
        )


async def raised(
    desk: Desk, errand: Errand, format_: Format, made: Made, *, document: Document, level: Level
) -> Raised:
    """`made`, which is of level B-B, as near to `level` as can be. It may be cancelled.

    Raises ServiceError evidence_unavailable where evidence is required.
    """
    if level is Level.B:
        return Raised(document=made, level=level)
    await errand.progress(Stage.TIMESTAMPING)
    answers, problem = _Answers(desk), ""
    for goal in reversed([one for one in Level if one is not Level.B and level.includes(one)]):
        try:
            raising = format_.raised(made, document=document, level=goal)
            higher = await _driven(raising, answers)
        except AgentError as error:
            problem = problem or _problem(error)
            _log.info("level %s is not reached: %s %s", goal, error.code, error.details)
            if problem == "evidence_unavailable" and desk.evidence and desk.evidence.required:
                raise ServiceError(problem) from error
        else:
            _forget(made, but=higher)
            return Raised(
                document=higher,
                level=goal,
                problem=problem,
                stamped_at=answers.stamped_at(),
                evidence=answers.all(),
            )
    return Raised(document=made, level=Level.B, problem=problem)


async def _driven(raising: Raising, answers: "_Answers") -> Made:
    step: Callable[[], Need] = partial(next, raising)
    while True:
        # In a thread: a step may read and write gigabytes.
        found = await asyncio.to_thread(_end_or_need, step)
        if isinstance(found, _End):
            return found.document
        step = partial(raising.send, await answers.to(found))


@dataclass(frozen=True, slots=True)
class _End:
    document: Made


def _end_or_need(step: Callable[[], Need]) -> Need | _End:
    """StopIteration cannot leave a thread's future."""
    try:
        return step()
    except StopIteration as end:
        return _End(end.value)


@dataclass(slots=True)
class _Answers:
    """Each need is asked about once, also when a lower level is tried after a higher one."""

    desk: Desk
    known: dict[Need, Answer | AgentError] = field(default_factory=dict)

    async def to(self, need: Need) -> Answer:
        if need not in self.known:
            try:
                self.known[need] = await self._ask(need)
            except AgentError as error:
                self.known[need] = error
        answer = self.known[need]
        if isinstance(answer, AgentError):
            raise answer
        return answer

    def stamped_at(self) -> datetime | None:
        # Loaded with the first time stamp.
        from agent.certificates.timestamp import time_of

        times = []
        for token in self._tokens():
            with suppress(ValueError):  # of one that its format has refused
                times.append(time_of(token))
        return min(times, default=None)

    def all(self) -> tuple[bytes, ...]:
        gathered = [one for one in self.known.values() if isinstance(one, Evidence)]
        return (
            *self._tokens(),
            *(
                der
                for one in gathered
                for der in (*one.certificates, *one.ocsp_responses, *one.crls)
            ),
        )

    def _tokens(self) -> list[bytes]:
        return [one for one in self.known.values() if isinstance(one, bytes)]

    async def _ask(self, need: Need) -> Answer:
        match need:
            case StampNeeded():
                if self.desk.authorities is None:
                    raise UserError("timestamp_not_configured")
                return await self.desk.authorities.stamp(need.sha256)
            case EvidenceNeeded():
                if self.desk.evidence is None:
                    raise ServiceError("evidence_unavailable")
                return await self.desk.evidence.gather(need)
            case _:
                assert_never(need)


def _problem(error: AgentError) -> str:
    """A time stamp that its format refuses is the authority's fault."""
    refused = isinstance(error, DocumentError) and error.code == "signature_invalid"
    return "timestamp_untrusted" if refused else error.code


def _forget(made: Made, *, but: Made) -> None:
    """A file that has been replaced by a higher one may be gigabytes."""
    if isinstance(made, Filed) and made is not but:
        made.path.unlink(missing_ok=True)
