"""Units and their profile."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.errors import Refused
from webui.store.records import UnitRow, record
from webui.store.tables import units


async def add(tx: AsyncConnection, *, mst: str, created_at: datetime, **profile: str | None) -> int:
    """Raises Refused unit_exists."""
    values = {"mst": mst, "created_at": created_at, **profile}
    try:
        async with tx.begin_nested():
            result = await tx.execute(insert(units).values(values).returning(units.c.id))
    except IntegrityError as error:
        raise Refused("unit_exists", field="mst") from error
    return int(result.scalar_one())


async def by_mst(tx: AsyncConnection, mst: str) -> UnitRow | None:
    return record(UnitRow, (await tx.execute(select(units).where(units.c.mst == mst))).first())


async def get(tx: AsyncConnection, unit_id: int) -> UnitRow:
    found = record(UnitRow, (await tx.execute(select(units).where(units.c.id == unit_id))).first())
    assert found is not None, "units are never deleted while something refers to them"
    return found


async def change(tx: AsyncConnection, unit_id: int, **profile: str | None) -> None:
    await tx.execute(update(units).where(units.c.id == unit_id).values(**profile))
