"""What happened, in order: the timeline of a dossier, and the feed that keeps pages fresh."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.records import EventRow, records
from webui.store.tables import history


async def add(
    tx: AsyncConnection,
    *,
    unit_id: int,
    event: str,
    at: datetime,
    dossier_id: str | None = None,
    state: str | None = None,
    words: str | None = None,
) -> None:
    await tx.execute(
        insert(history).values(
            unit_id=unit_id, dossier_id=dossier_id, event=event, state=state, at=at, words=words
        )
    )


async def of_dossier(tx: AsyncConnection, dossier_id: str) -> list[EventRow]:
    found = await tx.execute(
        select(history).where(history.c.dossier_id == dossier_id).order_by(history.c.id)
    )
    return records(EventRow, found)


async def after(
    tx: AsyncConnection, unit_id: int, event_id: int, *, limit: int = 200
) -> list[EventRow]:
    found = await tx.execute(
        select(history)
        .where(history.c.unit_id == unit_id, history.c.id > event_id)
        .order_by(history.c.id)
        .limit(limit)
    )
    return records(EventRow, found)


async def last_id(tx: AsyncConnection, unit_id: int) -> int:
    found = await tx.execute(select(func.max(history.c.id)).where(history.c.unit_id == unit_id))
    return int(found.scalar_one() or 0)
