"""Signed dossiers. The signed bytes are never changed and never deleted."""

from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.errors import Refused
from webui.store.records import DossierRow, record, records
from webui.store.tables import dossiers


async def add(tx: AsyncConnection, dossier: DossierRow) -> None:
    """Raises Refused adjustment_pending if one waits for its answer for this certificate."""
    values = {column.name: getattr(dossier, column.name) for column in dossiers.c}
    try:
        async with tx.begin_nested():
            await tx.execute(insert(dossiers).values(values))
    except IntegrityError as error:
        raise Refused("adjustment_pending") from error


async def get(tx: AsyncConnection, dossier_id: str) -> DossierRow:
    found = await tx.execute(select(dossiers).where(dossiers.c.id == dossier_id))
    row = record(DossierRow, found.first())
    assert row is not None, "dossiers are never deleted"
    return row


async def of_unit(tx: AsyncConnection, unit_id: int, dossier_id: str) -> DossierRow | None:
    found = await tx.execute(
        select(dossiers).where(dossiers.c.unit_id == unit_id, dossiers.c.id == dossier_id)
    )
    return record(DossierRow, found.first())


async def pending(tx: AsyncConnection, unit_id: int) -> dict[int, DossierRow]:
    """The undecided ones, by certificate (there is one at most for each)."""
    found = await tx.execute(
        select(dossiers).where(dossiers.c.unit_id == unit_id, dossiers.c.decided_at.is_(None))
    )
    return {row.certificate_id: row for row in records(DossierRow, found)}


async def latest_by_certificate(tx: AsyncConnection, unit_id: int) -> dict[int, str]:
    """The newest dossier's id for each certificate that has one."""
    found = await tx.execute(
        select(dossiers.c.certificate_id, dossiers.c.id)
        .where(dossiers.c.unit_id == unit_id)
        .order_by(dossiers.c.created_at)
    )
    return {row[0]: row[1] for row in found}


async def move(
    tx: AsyncConnection, dossier_id: str, *, expected: str, state: str, **also: Any
) -> bool:
    """From `expected` to `state`, in one statement; False if it was not in `expected`."""
    moved = await tx.execute(
        update(dossiers)
        .where(dossiers.c.id == dossier_id, dossiers.c.state == expected)
        .values(state=state, **also)
        .returning(dossiers.c.id)
    )
    return moved.first() is not None


async def search(
    tx: AsyncConnection,
    unit_id: int,
    *,
    words: str = "",
    state: str | None = None,
    offset: int = 0,
    limit: int = 20,
) -> tuple[list[DossierRow], int]:
    """Newest first, and how many there are. `words` are folded as `search_text` is."""
    where: list[ColumnElement[bool]] = [dossiers.c.unit_id == unit_id]
    # autoescape: a % or _ that the user typed means itself.
    where += [dossiers.c.search_text.contains(word, autoescape=True) for word in words.split()]
    if state is not None:
        where.append(dossiers.c.state == state)
    total = (
        await tx.execute(select(func.count()).select_from(dossiers).where(*where))
    ).scalar_one()
    found = await tx.execute(
        select(dossiers)
        .where(*where)
        .order_by(dossiers.c.created_at.desc(), dossiers.c.id)
        .offset(offset)
        .limit(limit)
    )
    return records(DossierRow, found), total
