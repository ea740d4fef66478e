"""BHXH has decided: dossier, certificates, contact and history change in one transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from webui.bhxh.gateway import RefusedAtTheDoor
from webui.bhxh.receipt import Receipt
from webui.filing.office import Office
from webui.filing.states import (
    CertificateEvent,
    CertificateState,
    DossierEvent,
    DossierState,
    certificate_after,
    dossier_after,
)
from webui.store import certificates, dossiers, history, outbox, units
from webui.store.records import DossierRow


async def refused_at_the_door(
    office: Office, dossier: DossierRow, outcome: RefusedAtTheDoor
) -> None:
    async with office.database.writing() as tx:
        await _apply(
            tx,
            dossier,
            DossierEvent.REFUSED_AT_THE_DOOR,
            expected=DossierState.SENDING,
            code=outcome.code,
            text=outcome.text,
            now=office.clock(),
        )
    office.bell.ring(dossier.unit_id)


async def by_receipt(
    tx: AsyncConnection, dossier: DossierRow, receipt: Receipt, *, now: datetime
) -> None:
    await _apply(
        tx,
        dossier,
        DossierEvent.ACCEPTED if receipt.accepted else DossierEvent.REFUSED,
        expected=DossierState.RECEIVED,
        code=receipt.code,
        text=receipt.text,
        now=now,
        number=receipt.dossier_number,
    )


async def _apply(
    tx: AsyncConnection,
    dossier: DossierRow,
    event: DossierEvent,
    *,
    expected: DossierState,
    code: str | None,
    text: str | None,
    now: datetime,
    number: str | None = None,
) -> None:
    state = dossier_after(expected, event)
    moved = await dossiers.move(
        tx,
        dossier.id,
        expected=expected,
        state=state,
        decided_at=now,
        so_ho_so=None if number is None else number[:100],
        result_code=None if code is None else code[:50],
        result_text=text,
        search_text=f"{dossier.search_text} {(number or '').casefold()}".strip(),
    )
    if not moved:
        return  # decided already, by another backend
    if state is DossierState.ACCEPTED:
        await _take_into_use(tx, dossier)
    else:
        await _advance(tx, dossier.certificate_id, CertificateEvent.REFUSED, reason=text or code)
    await outbox.remove(tx, dossier.id)
    await history.add(
        tx,
        unit_id=dossier.unit_id,
        dossier_id=dossier.id,
        event=event,
        state=state,
        at=now,
        words=" · ".join(part for part in (code, text) if part) or None,
    )


async def _take_into_use(tx: AsyncConnection, dossier: DossierRow) -> None:
    for other in await certificates.of_unit(tx, dossier.unit_id):
        if other.state == CertificateState.IN_USE and other.id != dossier.certificate_id:
            await _advance(tx, other.id, CertificateEvent.REPLACED)
    await _advance(tx, dossier.certificate_id, CertificateEvent.ACCEPTED)
    # What BHXH now has is what the next form should offer.
    await units.change(
        tx,
        dossier.unit_id,
        nguoi_lien_he=dossier.nguoi_lien_he,
        dien_thoai=dossier.dien_thoai,
        email=dossier.email,
    )


async def _advance(
    tx: AsyncConnection, certificate_id: int, event: CertificateEvent, *, reason: str | None = None
) -> None:
    row = await certificates.get(tx, certificate_id)
    state = certificate_after(CertificateState(row.state), event)
    refused = state is CertificateState.REFUSED
    await certificates.set_state(tx, certificate_id, state, reason=reason if refused else None)
