"""Receipts as they came, believed or not. None is ever thrown away."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.records import ReceiptRow, record, records
from webui.store.tables import receipts


async def add(
    tx: AsyncConnection,
    *,
    dossier_id: str,
    sha256: str,
    document: bytes,
    at: datetime,
    accepted: bool | None,
    code: str | None = None,
    text: str | None = None,
    why: str | None = None,
) -> bool:
    """False if this very document is there already (a bad one comes again at every poll)."""
    values = {
        "dossier_id": dossier_id,
        "sha256": sha256,
        "document": document,
        "at": at,
        "accepted": None if accepted is None else int(accepted),
        "code": code,
        "text": text,
        "why": why,
    }
    try:
        async with tx.begin_nested():
            await tx.execute(insert(receipts).values(values))
    except IntegrityError:
        return False
    return True


async def of_dossier(tx: AsyncConnection, dossier_id: str) -> list[ReceiptRow]:
    found = await tx.execute(
        select(receipts).where(receipts.c.dossier_id == dossier_id).order_by(receipts.c.id)
    )
    return records(ReceiptRow, found)


async def get(tx: AsyncConnection, dossier_id: str, receipt_id: int) -> ReceiptRow | None:
    found = await tx.execute(
        select(receipts).where(receipts.c.dossier_id == dossier_id, receipts.c.id == receipt_id)
    )
    return record(ReceiptRow, found.first())
