"""The signed form comes back: verified in every respect, then written down for good.

History and outbox are written in ONE transaction, so from its commit on the dossier is durable and
will be sent, whatever happens to page and program; before it, nothing has happened.
"""

import asyncio
from datetime import datetime
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from webui.bhxh import certificate, signed_xml
from webui.bhxh.certificate import CertificateFacts
from webui.errors import Refused
from webui.filing import judging
from webui.filing.office import Office
from webui.filing.search_words import folded
from webui.filing.states import (
    CertificateEvent,
    CertificateState,
    DossierState,
    certificate_after,
)
from webui.store import certificates, dossiers, drafts, history, outbox, units
from webui.store.records import CertificateRow, DossierRow, DraftRow


async def accept(office: Office, unit_id: int, draft_id: str, document: bytes) -> DossierRow:
    """The signed document comes back. The same one again gives the same dossier.

    Raises Refused adjustment_unknown, already_signed{dossier}, signed_by_another,
    signed_document_unreadable, signature_invalid, signed_content_differs, adjustment_pending.
    """
    async with office.database.reading() as tx:
        earlier = await dossiers.of_unit(tx, unit_id, draft_id)
        draft = await drafts.get(tx, unit_id, draft_id)
    if earlier is not None:
        return _same(earlier, document)
    if draft is None:
        raise Refused("adjustment_unknown")
    async with office.database.reading() as tx:
        row = await certificates.get(tx, draft.certificate_id)
        unit = await units.get(tx, unit_id)
    # Verifying takes milliseconds of processor; the other pages need not wait for it.
    signed = await asyncio.to_thread(signed_xml.verified, document, built=draft.document)
    facts = certificate.read(signed.certificate)
    judging.check_mst(facts, unit.mst)
    if facts.id != row.sha256:
        raise Refused(
            "signed_by_another", expected=certificate.read(row.der).serial, found=facts.serial
        )
    now = office.clock()
    judging.check_validity(facts, now)
    judging.check_judgement(await judging.fresh(office, row))

    dossier = _dossier(draft, document, facts, now)
    async with office.database.writing() as tx:
        # One caller alone removes the draft, so of two clicks one makes the dossier.
        mine = await drafts.remove(tx, unit_id, draft_id)
        if mine:
            await _file(tx, dossier, row)
    if not mine:
        return await accept(office, unit_id, draft_id, document)
    office.bell.call_courier()
    office.bell.ring(unit_id)
    return dossier


async def _file(tx: AsyncConnection, dossier: DossierRow, row: CertificateRow) -> None:
    await dossiers.add(tx, dossier)
    await outbox.add(tx, dossier_id=dossier.id, due_at=dossier.signed_at)
    current = await certificates.get(tx, row.id)
    state = certificate_after(CertificateState(current.state), CertificateEvent.SUBMITTED)
    await certificates.set_state(tx, row.id, state)
    for event, at in (("created", dossier.created_at), ("signed", dossier.signed_at)):
        await history.add(
            tx,
            unit_id=dossier.unit_id,
            dossier_id=dossier.id,
            event=event,
            state=DossierState.SIGNED,
            at=at,
        )


def _dossier(
    draft: DraftRow, document: bytes, facts: CertificateFacts, now: datetime
) -> DossierRow:
    words = (draft.id, facts.holder, facts.serial, facts.issuer, draft.nguoi_lien_he, draft.email)
    return DossierRow(
        id=draft.id,
        unit_id=draft.unit_id,
        certificate_id=draft.certificate_id,
        state=DossierState.SIGNED,
        nguoi_lien_he=draft.nguoi_lien_he,
        dien_thoai=draft.dien_thoai,
        email=draft.email,
        document=document,
        sha256=sha256(document).hexdigest(),
        created_at=draft.created_at,
        signed_at=now,
        sent_at=None,
        decided_at=None,
        ma_giao_dich=None,
        so_ho_so=None,
        result_code=None,
        result_text=None,
        search_text=folded(" ".join(words)),
    )


def _same(earlier: DossierRow, document: bytes) -> DossierRow:
    if earlier.sha256 != sha256(document).hexdigest():
        raise Refused("already_signed", dossier=earlier.id)
    return earlier
