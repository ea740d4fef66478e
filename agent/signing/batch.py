"""Sign many documents under one approval: one window lists them, one PIN signs them.

    what no key could sign ─▶ failed, and never shown
    the rest ─▶ which key ─▶ one window ─▶ approved ─▶ `conveyor`: sign, verify, journal, out

A document's own failure is its own. The first failure of the key, its service or its user stops the
batch: what is done is kept, and the rest is left for another call, with a window and a PIN of its
own. It can be stopped between any two signatures.

Nothing is prepared before the user has approved: of ten thousand documents that would take minutes.
What the window lists is known since they came; a preview is made when somebody looks at it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from agent.consent.prompts import Approval, BatchItem, BatchQuestion, Preview
from agent.documents import Description
from agent.errors import AgentError, DocumentError
from agent.formats.api import Format, fitted
from agent.signing.candidates import Candidate, Wanted, facts
from agent.signing.conveyor import Conveyor, Piece
from agent.signing.desk import Desk, Errand
from agent.signing.outcomes import Failed, Listed, Taker
from agent.signing.ready import ready
from agent.signing.record import Ledger, Subject, sitting
from agent.signing.select import to_sign_with
from agent.signing.sitting import sit
from agent.signing.window import Window
from agent.signing.workshop import workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    documents: tuple[Listed, ...]
    wanted: Wanted
    reason: str = ""  # as the page says it
    again: bool = False  # the rest of a batch that was stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """What is in no outcome is left."""

    candidate: Candidate | None  # None where there was nothing to sign
    stopped: AgentError | None = None


async def sign_batch(desk: Desk, errand: Errand, order: BatchOrder, taker: Taker) -> BatchEnd:
    """Raises what `to_sign_with` does; what comes later is why it stopped. Nothing is left open."""
    pieces = [piece async for piece in _possible(desk, order, taker)]
    if not pieces:
        return BatchEnd(candidate=None)
    candidate = await to_sign_with(desk, errand, order.wanted)
    try:
        async with sitting(Ledger(desk, errand, candidate, action="sign")) as ledger:
            conveyor = Conveyor(
                desk=desk,
                errand=errand,
                candidate=candidate,
                ledger=ledger,
                taker=taker,
                left=deque(pieces),
            )
            await _approved(order, conveyor)
    except AgentError as error:
        return BatchEnd(candidate=candidate, stopped=error)
    return BatchEnd(candidate=candidate)


async def _possible(desk: Desk, order: BatchOrder, taker: Taker) -> AsyncIterator[Piece]:
    """The documents that there is a way to sign; the others have failed."""
    formats = desk.formats()
    for listed in order.documents:
        try:
            yield Piece(listed=listed, format=_format(formats, listed))
        except DocumentError as error:
            await taker.take(Failed(index=listed.index, sha256=listed.sha256, error=error))


def _format(formats: Mapping[str, Format], listed: Listed) -> Format:
    """Raises DocumentError profile_unknown, option_unsupported."""
    profile = formats.get(listed.profile)
    if profile is None:
        raise DocumentError("profile_unknown", profile=listed.profile)
    return fitted(profile, options=listed.options, name=listed.name)


async def _approved(order: BatchOrder, conveyor: Conveyor) -> None:
    """A batch that was refused has one line in the journal: its first document's, with how many
    more there were. One that was begun has those of its documents.
    """
    desk, errand, pieces = conveyor.desk, conveyor.errand, tuple(conveyor.left)
    certificate = conveyor.candidate.certificate
    async with (
        workshop(len(pieces)) as shop,
        ready(desk, errand, certificate, signatures=len(pieces)) as key,
    ):
        question = BatchQuestion(
            asker=errand.asker,
            reason=order.reason,
            items=tuple(map(_item, pieces)),
            certificate=facts(conveyor.candidate),
            again=order.again,
            pin=key.pin,
            confirmation=key.confirmation,
        )

        async def carried(window: Window, approval: Approval) -> None:
            await conveyor.run(key, window, approval, shop)

        try:
            async with desk.prompts.sign_batch(question, _preview(conveyor, pieces)) as dialog:
                await sit(errand, key, dialog, carried)
        except AgentError as error:
            if not conveyor.used:
                await asyncio.to_thread(conveyor.ledger.ended, error.code, _all(pieces))
            raise


def _preview(conveyor: Conveyor, pieces: Sequence[Piece]) -> Preview:
    by_index = {piece.listed.index: piece for piece in pieces}

    async def preview(index: int) -> Description:
        piece = by_index[index]
        async with piece.listed.opened() as document:
            prepared = await asyncio.to_thread(
                piece.format.prepare,
                document,
                certificate=conveyor.candidate.certificate.der,
                signing_time=conveyor.desk.now(),
            )
        return prepared.description

    return preview


def _item(piece: Piece) -> BatchItem:
    listed = piece.listed
    return BatchItem(
        index=listed.index,
        name=listed.name,
        kind=listed.kind,
        size=listed.size,
        sha256=listed.sha256,
        profile=listed.profile,
    )


def _all(pieces: Sequence[Piece]) -> Subject:
    first = pieces[0].listed
    more = f" (+{len(pieces) - 1})" if len(pieces) > 1 else ""
    return Subject(
        name=first.name + more, sha256=first.sha256, size=first.size, profile=first.profile
    )
