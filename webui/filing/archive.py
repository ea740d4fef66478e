"""Lịch sử giao dịch: dossiers with their certificates, timelines and receipts, to look at."""

from dataclasses import dataclass

from webui.errors import Refused
from webui.filing.office import Office
from webui.filing.search_words import folded
from webui.store import certificates, dossiers, history, outbox, receipts, units
from webui.store.records import (
    CertificateRow,
    DossierRow,
    EventRow,
    OutboxRow,
    ReceiptRow,
    UnitRow,
)

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFile:
    dossier: DossierRow
    certificate: CertificateRow
    outbox: OutboxRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFile:
    file: DossierFile
    unit: UnitRow
    events: list[EventRow]
    receipts: list[ReceiptRow]


async def search(
    office: Office, unit_id: int, *, words: str, state: str | None, page: int
) -> tuple[list[DossierFile], int]:
    """Newest first; `page` counts from 1. And how many there are in all."""
    async with office.database.reading() as tx:
        rows, total = await dossiers.search(
            tx,
            unit_id,
            words=folded(words),
            state=state,
            offset=(page - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
        waiting = await outbox.of_dossiers(tx, [row.id for row in rows])
        known = {key: await certificates.get(tx, key) for key in {r.certificate_id for r in rows}}
    return [
        DossierFile(dossier=row, certificate=known[row.certificate_id], outbox=waiting.get(row.id))
        for row in rows
    ], total


async def whole(office: Office, unit_id: int, dossier_id: str) -> WholeFile:
    """Raises Refused dossier_unknown."""
    async with office.database.reading() as tx:
        row = await dossiers.of_unit(tx, unit_id, dossier_id)
        if row is None:
            raise Refused("dossier_unknown")
        return WholeFile(
            file=DossierFile(
                dossier=row,
                certificate=await certificates.get(tx, row.certificate_id),
                outbox=await outbox.get(tx, dossier_id),
            ),
            unit=await units.get(tx, unit_id),
            events=await history.of_dossier(tx, dossier_id),
            receipts=await receipts.of_dossier(tx, dossier_id),
        )


async def receipt(office: Office, unit_id: int, dossier_id: str, receipt_id: int) -> ReceiptRow:
    """Raises Refused dossier_unknown, receipt_unknown."""
    async with office.database.reading() as tx:
        if await dossiers.of_unit(tx, unit_id, dossier_id) is None:
            raise Refused("dossier_unknown")
        found = await receipts.get(tx, dossier_id, receipt_id)
    if found is None:
        raise Refused("receipt_unknown")
    return found


async def send_now(office: Office, unit_id: int, dossier_id: str) -> None:
    """The user does not want to wait for the next try. Raises Refused dossier_unknown."""
    async with office.database.writing() as tx:
        if await dossiers.of_unit(tx, unit_id, dossier_id) is None:
            raise Refused("dossier_unknown")
        await outbox.hasten(tx, dossier_id, now=office.clock())
    office.bell.call_courier()
