"""Sending a signed dossier: once, however often the power fails.

    da-ky, cho-gui-lai   write dang-gui, then send
    dang-gui             its writer died (the lease lapsed): it may have arrived, so khong-ro
    khong-ro             ask; only what BHXH never received is sent again

Every attempt carries the dossier's id as idempotency key besides, so that even a sending that
should not have happened makes no second dossier.
"""

from datetime import datetime, timedelta
from typing import Any, assert_never

from webui.bhxh.gateway import (
    Acknowledged,
    IdempotencyKey,
    NeverReceived,
    NotDelivered,
    RefusedAtTheDoor,
    Unknown,
)
from webui.filing import decide
from webui.filing.office import Office
from webui.filing.states import DossierEvent, DossierState, dossier_after
from webui.store import dossiers, history, outbox
from webui.store.records import DossierRow


async def deliver(office: Office, dossier: DossierRow, *, owner: str, attempts: int) -> None:
    """One step for a leased dossier that is not yet received."""
    match DossierState(dossier.state):
        case DossierState.SIGNED | DossierState.WAITING:
            await _send(office, dossier, owner=owner, attempts=attempts)
        case DossierState.SENDING:
            await _doubt(office, dossier, owner=owner)
        case DossierState.UNKNOWN:
            await _ask(office, dossier, owner=owner, attempts=attempts)
        case _:
            raise AssertionError(f"nothing to deliver in {dossier.state}")


async def _send(office: Office, dossier: DossierRow, *, owner: str, attempts: int) -> None:
    sending = dossier_after(DossierState(dossier.state), DossierEvent.SENDING)
    now = office.clock()
    async with office.database.writing() as tx:
        moved = await dossiers.move(
            tx,
            dossier.id,
            expected=dossier.state,
            state=sending,
            sent_at=dossier.sent_at or now,
        )
        if not moved:
            return  # another backend took it over
        await _note(tx, dossier, DossierEvent.SENDING, state=sending, at=now)
    office.bell.ring(dossier.unit_id)

    outcome = await office.gateway.send(dossier.document, IdempotencyKey(dossier.id))

    match outcome:
        case Acknowledged():
            await _acknowledged(office, dossier, outcome, came_from=sending, owner=owner)
        case RefusedAtTheDoor():
            await decide.refused_at_the_door(office, dossier, outcome)
        case NotDelivered():
            await _again_later(
                office,
                dossier,
                DossierEvent.NOT_DELIVERED,
                owner=owner,
                attempts=attempts,
                words=outcome.why,
                not_before=outcome.retry_after_seconds,
            )
        case Unknown():
            await _again_later(
                office,
                dossier,
                DossierEvent.UNCERTAIN,
                owner=owner,
                attempts=attempts,
                words=outcome.why,
            )
        case _:
            assert_never(outcome)


async def _doubt(office: Office, dossier: DossierRow, *, owner: str) -> None:
    """Whoever was sending it is gone. Due at once: asking costs nothing."""
    unknown = dossier_after(DossierState.SENDING, DossierEvent.UNCERTAIN)
    now = office.clock()
    async with office.database.writing() as tx:
        if await dossiers.move(tx, dossier.id, expected=DossierState.SENDING, state=unknown):
            await _note(
                tx, dossier, DossierEvent.UNCERTAIN, state=unknown, at=now, words="restarted"
            )
        await outbox.release(tx, dossier.id, owner=owner, due_at=now, attempts=0)
    office.bell.call_courier()
    office.bell.ring(dossier.unit_id)


async def _ask(office: Office, dossier: DossierRow, *, owner: str, attempts: int) -> None:
    outcome = await office.gateway.ask(IdempotencyKey(dossier.id))
    match outcome:
        case Acknowledged():
            await _acknowledged(
                office, dossier, outcome, came_from=DossierState.UNKNOWN, owner=owner
            )
        case NeverReceived():
            waiting = dossier_after(DossierState.UNKNOWN, DossierEvent.NEVER_RECEIVED)
            now = office.clock()
            async with office.database.writing() as tx:
                if await dossiers.move(
                    tx, dossier.id, expected=DossierState.UNKNOWN, state=waiting
                ):
                    await _note(tx, dossier, DossierEvent.NEVER_RECEIVED, state=waiting, at=now)
                await outbox.release(tx, dossier.id, owner=owner, due_at=now, attempts=attempts)
            office.bell.call_courier()
            office.bell.ring(dossier.unit_id)
        case Unknown():
            async with office.database.writing() as tx:
                await outbox.release(
                    tx,
                    dossier.id,
                    owner=owner,
                    due_at=next_try(office, attempts),
                    attempts=attempts + 1,
                )
        case _:
            assert_never(outcome)


async def _acknowledged(
    office: Office,
    dossier: DossierRow,
    outcome: Acknowledged,
    *,
    came_from: DossierState,
    owner: str,
) -> None:
    received = dossier_after(came_from, DossierEvent.ACKNOWLEDGED)
    now = office.clock()
    wait = timedelta(seconds=office.delivery.receipt_first_seconds)
    async with office.database.writing() as tx:
        moved = await dossiers.move(
            tx,
            dossier.id,
            expected=came_from,
            state=received,
            ma_giao_dich=outcome.transaction,
            search_text=f"{dossier.search_text} {outcome.transaction.casefold()}",
        )
        if moved:
            await _note(
                tx,
                dossier,
                DossierEvent.ACKNOWLEDGED,
                state=received,
                at=now,
                words=outcome.transaction,
            )
        await outbox.release(tx, dossier.id, owner=owner, due_at=now + wait, attempts=0)
    office.bell.ring(dossier.unit_id)


async def _again_later(
    office: Office,
    dossier: DossierRow,
    event: DossierEvent,
    *,
    owner: str,
    attempts: int,
    words: str,
    not_before: float | None = None,
) -> None:
    state = dossier_after(DossierState.SENDING, event)
    now = office.clock()
    due = next_try(office, attempts)
    if not_before is not None:
        longest = office.delivery.longest_retry_seconds
        due = max(due, now + timedelta(seconds=min(not_before, longest)))
    async with office.database.writing() as tx:
        if await dossiers.move(tx, dossier.id, expected=DossierState.SENDING, state=state):
            await _note(tx, dossier, event, state=state, at=now, words=words)
        await outbox.release(tx, dossier.id, owner=owner, due_at=due, attempts=attempts + 1)
    office.bell.ring(dossier.unit_id)


def next_try(office: Office, attempts: int) -> datetime:
    """Twice as long after each failure, to a bound; spread so that units do not come at once."""
    delivery = office.delivery
    wait = min(
        delivery.first_retry_seconds * 2 ** min(attempts, 30), delivery.longest_retry_seconds
    )
    return office.clock() + timedelta(seconds=wait * (0.5 + office.jitter() / 2))


async def _note(
    tx: Any,
    dossier: DossierRow,
    event: DossierEvent,
    *,
    state: DossierState,
    at: datetime,
    words: str | None = None,
) -> None:
    await history.add(
        tx,
        unit_id=dossier.unit_id,
        dossier_id=dossier.id,
        event=event,
        state=state,
        at=at,
        words=words,
    )
