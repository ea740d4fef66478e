"""What is still to be done at the gateway: one row for each dossier until BHXH has decided.

A row is worked on under a lease, so that of several backends on one PostgreSQL only one speaks to
the gateway about it. A lease that lapses was somebody's who died; what he did is then unknown, and
the dossier's state says whether to ask first (filing/deliver.py).
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.records import OutboxRow, record, records
from webui.store.tables import outbox


async def add(tx: AsyncConnection, *, dossier_id: str, due_at: datetime) -> None:
    await tx.execute(insert(outbox).values(dossier_id=dossier_id, due_at=due_at, attempts=0))


async def get(tx: AsyncConnection, dossier_id: str) -> OutboxRow | None:
    found = await tx.execute(select(outbox).where(outbox.c.dossier_id == dossier_id))
    return record(OutboxRow, found.first())


async def of_dossiers(tx: AsyncConnection, ids: list[str]) -> dict[str, OutboxRow]:
    found = await tx.execute(select(outbox).where(outbox.c.dossier_id.in_(ids)))
    return {row.dossier_id: row for row in records(OutboxRow, found)}


async def lease_next(
    tx: AsyncConnection, *, owner: str, now: datetime, lasting: timedelta
) -> OutboxRow | None:
    """Take the row that is due longest and that nobody holds; None if there is none."""
    candidate = (
        select(outbox.c.dossier_id)
        .where(*_takeable(now))
        .order_by(outbox.c.due_at)
        .limit(1)
        # On PostgreSQL others pass over a row that is being taken; SQLite has one writer anyway.
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = await tx.execute(
        update(outbox)
        .where(outbox.c.dossier_id == candidate, *_takeable(now))
        .values(lease_owner=owner, lease_until=now + lasting)
        .returning(outbox)
    )
    return record(OutboxRow, taken.first())


async def release(
    tx: AsyncConnection, dossier_id: str, *, owner: str, due_at: datetime, attempts: int
) -> bool:
    """Give it back, due again later. False if the lease had passed to another."""
    released = await tx.execute(
        update(outbox)
        .where(outbox.c.dossier_id == dossier_id, outbox.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None, due_at=due_at, attempts=attempts)
        .returning(outbox.c.dossier_id)
    )
    return released.first() is not None


async def hasten(tx: AsyncConnection, dossier_id: str, *, now: datetime) -> None:
    """The user asks for it now. A lease is left alone: whoever holds it is at it."""
    await tx.execute(update(outbox).where(outbox.c.dossier_id == dossier_id).values(due_at=now))


async def remove(tx: AsyncConnection, dossier_id: str) -> None:
    await tx.execute(delete(outbox).where(outbox.c.dossier_id == dossier_id))


def _takeable(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    return outbox.c.due_at <= now, free


async def next_due(tx: AsyncConnection) -> datetime | None:
    """When the next row wants attention, whoever holds it."""
    found = await tx.execute(
        select(outbox.c.due_at)
        .where(outbox.c.lease_until.is_(None))
        .order_by(outbox.c.due_at)
        .limit(1)
    )
    row = found.first()
    return None if row is None else row[0]


async def is_due(tx: AsyncConnection, *, now: datetime) -> bool:
    found = await tx.execute(select(outbox.c.dossier_id).where(*_takeable(now)).limit(1))
    return found.first() is not None
