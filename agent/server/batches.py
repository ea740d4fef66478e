"""The commands about batches: many documents under one confirmation and one PIN (SPEC 5).

A document's outcome is told as soon as it is known, and its signed content follows the message that
names it, as fast as the page takes it: signing waits for a page that does not read.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.documents import Made
from agent.errors import AgentError
from agent.server import wire
from agent.server.batch import Batch
from agent.server.call import Call
from agent.server.edge import Edge
from agent.server.failures import to_protocol_error
from agent.server.given import for_signing
from agent.signing.batch import BatchOrder, sign_batch
from agent.signing.outcomes import Excluded, Failed, Outcome, Signed
from protocol import batches as b
from protocol.errors import ProtocolError
from protocol.limits import MAX_BATCHES
from protocol.messages import ErrorData, Stage

#: Seconds between two messages that say how far it is.
_TELL_SECONDS: Final = 0.05


async def batch_open(edge: Edge, call: Call[b.BatchOpenParams]) -> b.BatchOpenResult:
    client = call.client
    if len(client.batches) >= MAX_BATCHES:
        raise ProtocolError("too_many_sessions", limit=MAX_BATCHES)
    handle = secrets.token_hex(16)
    client.batches[handle] = Batch(
        reason=call.params.reason,
        wanted=for_signing(call.params),
        contents=client.contents,
        spool=edge.spool,
        folder=client.contents.folder(),
    )
    return b.BatchOpenResult(batch=handle)


async def batch_add(edge: Edge, call: Call[b.BatchAddParams]) -> b.BatchAddResult:
    del edge
    batch = _batch(call, call.params.batch)
    await batch.add(call.params.documents)
    return b.BatchAddResult(count=batch.count)


async def batch_sign(edge: Edge, call: Call[b.BatchSignParams]) -> b.BatchSignResult:
    batch = _batch(call, call.params.batch)
    batch.require_rest()
    batch.busy = True
    try:
        order = BatchOrder(
            documents=tuple(batch.left.values()),
            wanted=batch.wanted,
            reason=batch.reason,
            again=batch.again,
        )
        taker = _Taker(call=call, batch=batch)
        end = await sign_batch(edge.desk, call.errand, order, taker)
    finally:
        batch.busy = False
    if end.candidate is not None and batch.again:
        batch.insist_on(end.candidate.certificate.id)
    return b.BatchSignResult(
        signed=batch.outcomes["signed"],
        failed=batch.outcomes["failed"],
        excluded=batch.outcomes["excluded"],
        left=len(batch.left),
        stopped=None if end.stopped is None else _error(end.stopped),
        certificate=None if end.candidate is None else wire.certificate(end.candidate),
    )


async def batch_close(edge: Edge, call: Call[b.BatchCloseParams]) -> b.BatchCloseResult:
    del edge
    batch = call.client.batches.get(call.params.batch)
    if batch is None:
        return b.BatchCloseResult(closed=False)
    batch.require_rest()
    del call.client.batches[call.params.batch]
    await batch.close()
    return b.BatchCloseResult(closed=True)


def _batch(call: Call[b.BatchAddParams] | Call[b.BatchSignParams], handle: str) -> Batch:
    batch = call.client.batches.get(handle)
    if batch is None:
        raise ProtocolError("batch_unknown")
    return batch


def _error(error: AgentError) -> ErrorData:
    return to_protocol_error(error, method="batch.sign").to_wire().data


@dataclass(slots=True, kw_only=True)
class _Taker:
    """Tells the page of each document."""

    call: Call[b.BatchSignParams]
    batch: Batch
    _told: float = field(default=0.0, init=False)

    @property
    def gone(self) -> bool:
        return self.call.client.contents.is_over

    async def take(self, outcome: Outcome) -> None:
        match outcome:
            case Signed(document=document):
                number = await self.call.client.contents.offer(document)
                message = b.BatchDocumentDone(
                    request=self.call.id,
                    batch=self.call.params.batch,
                    index=outcome.index,
                    outcome="signed",
                    content=number,
                    size=_size(document),
                    sha256=outcome.sha256,
                    level=outcome.level.value,
                    level_problem=outcome.level_problem,
                    error=None,
                )
            case Failed(error=error):
                message = self._without_content(outcome, "failed", _error(error))
            case Excluded():
                told = ProtocolError("excluded").to_wire().data
                message = self._without_content(outcome, "excluded", told)
        self.batch.settle(outcome.index, message.outcome)
        await self.call.client.notify(message)

    def _without_content(
        self, outcome: Failed | Excluded, called: Literal["failed", "excluded"], error: ErrorData
    ) -> b.BatchDocumentDone:
        return b.BatchDocumentDone(
            request=self.call.id,
            batch=self.call.params.batch,
            index=outcome.index,
            outcome=called,
            content=None,
            size=0,
            sha256=outcome.sha256,
            level="B-B",
            level_problem="",
            error=error,
        )

    async def count(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._told >= _TELL_SECONDS:
            self._told = now
            await self.call.progress(Stage.SIGNING, done, total)


def _size(made: Made) -> int:
    return len(made) if isinstance(made, bytes) else made.size
