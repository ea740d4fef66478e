"""Sign-in attempts. They are kept in the database so that a restart, or a second backend beside
this one, does not give a guesser fresh tries.
"""

from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.tables import login_attempts


async def add(tx: AsyncConnection, *, mst: str, at: datetime) -> None:
    await tx.execute(insert(login_attempts).values(mst=mst, at=at))


async def count(
    tx: AsyncConnection, *, since: datetime, mst: str | None = None
) -> tuple[int, datetime | None]:
    """How many, for one MST or for all, and when the oldest of them was."""
    query = select(func.count(), func.min(login_attempts.c.at)).where(login_attempts.c.at > since)
    if mst is not None:
        query = query.where(login_attempts.c.mst == mst)
    row = (await tx.execute(query)).one()
    return int(row[0]), row[1]


async def forgive(tx: AsyncConnection, *, mst: str) -> None:
    """A right password ends the count for its MST."""
    await tx.execute(delete(login_attempts).where(login_attempts.c.mst == mst))


async def forget_old(tx: AsyncConnection, *, before: datetime) -> None:
    await tx.execute(delete(login_attempts).where(login_attempts.c.at <= before))
