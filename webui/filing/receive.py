"""Fetching BHXH's answer. A believed receipt decides; a suspicious one is kept aside and shown.

A suspicious receipt changes nothing: the dossier goes on waiting for a real one.
"""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import assert_never

from webui.bhxh.gateway import IdempotencyKey, NotDecided, ReceiptDocument, Unknown
from webui.bhxh.receipt import Expected, Receipt, Suspicious, judge
from webui.filing import decide
from webui.filing.office import Office
from webui.filing.states import DossierState
from webui.store import history, outbox, receipts, units
from webui.store.records import DossierRow


async def receive(office: Office, dossier: DossierRow, *, owner: str, attempts: int) -> None:
    """One step for a leased dossier that BHXH has received."""
    outcome = await office.gateway.receipt(IdempotencyKey(dossier.id))
    match outcome:
        case ReceiptDocument():
            decided = await _read(office, dossier, outcome.document)
        case NotDecided() | Unknown():
            decided = False
        case _:
            assert_never(outcome)
    if not decided:
        delivery = office.delivery
        wait = min(
            delivery.receipt_first_seconds * 1.5 ** min(attempts, 50),
            delivery.receipt_longest_seconds,
        )
        due_at = office.clock() + timedelta(seconds=wait)
        async with office.database.writing() as tx:
            await outbox.release(tx, dossier.id, owner=owner, due_at=due_at, attempts=attempts + 1)


async def _read(office: Office, dossier: DossierRow, document: bytes) -> bool:
    """True if it decided."""
    assert dossier.ma_giao_dich is not None, "a received dossier has its transaction"
    now = office.clock()
    async with office.database.reading() as tx:
        unit = await units.get(tx, dossier.unit_id)
    expected = Expected(transaction=dossier.ma_giao_dich, mst=unit.mst, unit_code=unit.ma_don_vi)
    verdict = await asyncio.to_thread(
        judge, document, expected=expected, rules=office.receipt_rules, now=now
    )
    async with office.database.writing() as tx:
        match verdict:
            case Receipt():
                new = await receipts.add(
                    tx,
                    dossier_id=dossier.id,
                    sha256=sha256(document).hexdigest(),
                    document=document,
                    at=now,
                    accepted=verdict.accepted,
                    code=verdict.code,
                    text=verdict.text,
                )
                await decide.by_receipt(tx, dossier, verdict, now=now)
            case Suspicious():
                new = await receipts.add(
                    tx,
                    dossier_id=dossier.id,
                    sha256=sha256(document).hexdigest(),
                    document=document,
                    at=now,
                    accepted=None,
                    why=verdict.why,
                    text=verdict.detail or None,
                )
                if new:
                    await history.add(
                        tx,
                        unit_id=dossier.unit_id,
                        dossier_id=dossier.id,
                        event=verdict.why,
                        state=DossierState.RECEIVED,
                        at=now,
                        words=verdict.detail or None,
                    )
            case _:
                assert_never(verdict)
    if new:
        office.bell.ring(dossier.unit_id)
    return isinstance(verdict, Receipt)
