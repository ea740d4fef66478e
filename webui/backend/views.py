"""From rows to what the page is told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from webui.backend import messages
from webui.backend.texts import TIMELINE
from webui.bhxh import certificate, export
from webui.bhxh.certificate import CertificateFacts
from webui.bhxh.mst import printed_mst
from webui.bhxh.rules import FORM_NUMBER
from webui.bhxh.trust import Judgement
from webui.filing.archive import DossierFile
from webui.filing.states import CertificateState, DossierState, shown
from webui.store.records import CertificateRow, EventRow, OutboxRow, ReceiptRow, UnitRow


def unit(row: UnitRow) -> messages.Unit:
    return messages.Unit(
        mst=row.mst,
        mst_printed=printed_mst(row.mst),
        ten_don_vi=row.ten_don_vi,
        ma_don_vi=row.ma_don_vi,
        co_quan_bhxh=row.co_quan_bhxh,
        dia_chi=row.dia_chi,
        nguoi_lien_he=row.nguoi_lien_he,
        dien_thoai=row.dien_thoai,
        email=row.email,
        has_password=row.password_hash is not None,
    )


def certificate_row(
    row: CertificateRow, *, now: datetime, dossier: str | None = None
) -> messages.Certificate:
    facts = certificate.read(row.der)
    return _certificate(
        facts,
        state=shown(CertificateState(row.state), not_after=facts.not_after, now=now),
        chain=row.chain,
        revocation=row.revocation,
        source=_source(row.source),
        dossier=dossier,
        reason=row.reason,
    )


def preview(facts: CertificateFacts, judgement: Judgement) -> messages.Certificate:
    return _certificate(
        facts,
        state=CertificateState.NOT_SENT,
        chain=judgement.chain,
        revocation=judgement.revocation,
        source=None,
        dossier=None,
        reason=None,
    )


def _certificate(
    facts: CertificateFacts,
    *,
    state: CertificateState,
    chain: str,
    revocation: str,
    source: messages.Source | None,
    dossier: str | None,
    reason: str | None,
) -> messages.Certificate:
    return messages.Certificate(
        id=facts.id,
        holder=facts.holder,
        mst=facts.mst,
        mst_printed=tuple(map(printed_mst, facts.mst)),
        issuer=facts.issuer,
        serial=facts.serial,
        not_before=facts.not_before,
        not_after=facts.not_after,
        source=source,
        chain=chain,
        revocation=revocation,
        state=state,
        dossier=dossier,
        reason=reason,
    )


def _source(stored: str) -> messages.Source | None:
    try:
        source: messages.Source = msgspec.json.decode(stored, type=messages.Source)
    except msgspec.DecodeError:
        return None  # seeded without a known place
    return source


def dossier(file: DossierFile, *, now: datetime) -> messages.Dossier:
    return messages.Dossier(**_dossier_fields(file, now=now))


def dossier_detail(
    file: DossierFile,
    *,
    mst: str,
    events: Sequence[EventRow],
    receipts: Iterable[ReceiptRow],
    now: datetime,
) -> messages.DossierDetail:
    row = file.dossier
    return messages.DossierDetail(
        **_dossier_fields(file, now=now),
        file_name=export.file_name(mst=mst, signed_at=row.signed_at, dossier=row.id),
        timeline=timeline(events),
        receipts=[receipt(entry) for entry in receipts],
    )


def _dossier_fields(file: DossierFile, *, now: datetime) -> dict[str, Any]:
    row, waiting = file.dossier, file.outbox
    return {
        "id": row.id,
        "so_ho_so": row.so_ho_so,
        "ma_giao_dich": row.ma_giao_dich,
        "form": FORM_NUMBER,
        "certificate": certificate_row(file.certificate, now=now, dossier=row.id),
        "nguoi_lien_he": row.nguoi_lien_he,
        "dien_thoai": row.dien_thoai,
        "email": row.email,
        "state": row.state,
        "created_at": row.created_at,
        "signed_at": row.signed_at,
        "sent_at": row.sent_at,
        "decided_at": row.decided_at,
        "result_code": row.result_code,
        "result_text": row.result_text,
        "next_try_at": _next_try(row.state, waiting),
        "attempts": 0 if waiting is None else waiting.attempts,
    }


def _next_try(state: str, waiting: OutboxRow | None) -> datetime | None:
    """For the eye: polling for the receipt is no "try"."""
    trying = {DossierState.SIGNED, DossierState.WAITING, DossierState.UNKNOWN}
    return waiting.due_at if waiting is not None and state in trying else None


def timeline(events: Sequence[EventRow]) -> list[messages.TimelineEntry]:
    """In order; attempts that failed alike, one after another, are told once with their number.

    A day without network would otherwise be a hundred lines of "not delivered".
    """
    told: list[messages.TimelineEntry] = []
    for event in events:
        words = TIMELINE[event.event]
        times = 1
        if event.event == "not_delivered" and [e.event for e in told[-2:]] == [
            "not_delivered",
            "sending",
        ]:
            times += told[-2].times
            del told[-2:]
        told.append(
            messages.TimelineEntry(
                event=event.event,
                state=event.state,
                at=event.at,
                text=words.vi,
                en=words.en,
                words=event.words,
                times=times,
            )
        )
    return told


def receipt(row: ReceiptRow) -> messages.ReceiptSummary:
    why = None if row.why is None else TIMELINE[row.why]
    return messages.ReceiptSummary(
        id=row.id,
        at=row.at,
        accepted=None if row.accepted is None else bool(row.accepted),
        code=row.code,
        text=row.text,
        suspicious=row.accepted is None,
        why=row.why,
        why_vi=None if why is None else why.vi,
        why_en=None if why is None else why.en,
    )
