"""Adjustments that were built but not yet signed. Cancelling leaves nothing behind."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.records import DraftRow, record
from webui.store.tables import drafts


async def add(tx: AsyncConnection, draft: DraftRow) -> None:
    """In the place of an earlier draft for the same certificate: there is one dialog at a time."""
    await tx.execute(delete(drafts).where(drafts.c.certificate_id == draft.certificate_id))
    values = {column.name: getattr(draft, column.name) for column in drafts.c}
    await tx.execute(insert(drafts).values(values))


async def get(tx: AsyncConnection, unit_id: int, draft_id: str) -> DraftRow | None:
    found = await tx.execute(
        select(drafts).where(drafts.c.unit_id == unit_id, drafts.c.id == draft_id)
    )
    return record(DraftRow, found.first())


async def remove(tx: AsyncConnection, unit_id: int, draft_id: str) -> bool:
    """True for the one caller that removed it."""
    removed = await tx.execute(
        delete(drafts)
        .where(drafts.c.unit_id == unit_id, drafts.c.id == draft_id)
        .returning(drafts.c.id)
    )
    return removed.first() is not None


async def forget_old(tx: AsyncConnection, *, before: datetime) -> None:
    await tx.execute(delete(drafts).where(drafts.c.created_at <= before))
