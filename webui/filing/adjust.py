"""Điều chỉnh IVAN: prepare the form, and accept it signed.

prospects   what the dialog shows: the registered certificate beside the new ones
prepare     check, build the XML, keep it as a draft; the page asks the agent to sign it
accept      verify what came back, then history and outbox in ONE transaction: from its commit
            on the dossier is durable and will be sent, whatever happens to page and program
cancel      leaves nothing behind
"""

import asyncio
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from webui.bhxh import certificate, form05, signed_xml
from webui.bhxh.certificate import CertificateFacts
from webui.bhxh.contact import checked_email, checked_phone, checked_text
from webui.bhxh.form05 import HANOI, Form05, FormCertificate
from webui.errors import Refused
from webui.filing import judging
from webui.filing.office import Office
from webui.filing.states import (
    CertificateEvent,
    CertificateState,
    DossierState,
    certificate_after,
    may_submit,
)
from webui.store import certificates, dossiers, drafts, history, outbox, units
from webui.store.records import CertificateRow, DossierRow, DraftRow, UnitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    nguoi_lien_he: str
    dien_thoai: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    registered: CertificateRow | None
    candidates: list[CertificateRow]
    contact: Contact
    blocked: Refused | None


async def prospects(office: Office, unit_id: int, chosen: str | None = None) -> Prospects:
    """`chosen` is the certificate (SHA-256) the user came from, by "Kích hoạt"."""
    now = office.clock()
    async with office.database.reading() as tx:
        unit = await units.get(tx, unit_id)
        rows = await certificates.of_unit(tx, unit_id)
        waiting = await dossiers.pending(tx, unit_id)
    candidates = [r for r in rows if r.id not in waiting and _submittable(r, now)]
    blocked: Refused | None = None
    busy = next((r for r in rows if r.id in waiting and chosen in {None, r.sha256}), None)
    if busy is not None and (chosen is not None or not candidates):
        blocked = _pending(waiting[busy.id])
    elif not candidates:
        blocked = Refused("no_certificate_to_register")
    return Prospects(
        registered=_in_use(rows),
        candidates=candidates,
        contact=Contact(
            nguoi_lien_he=unit.nguoi_lien_he, dien_thoai=unit.dien_thoai, email=unit.email
        ),
        blocked=blocked,
    )


async def prepare(
    office: Office, unit_id: int, chosen: str, contact: Contact, *, email_again: str
) -> DraftRow:
    """Raises Refused: the field at fault, adjustment_pending{dossier}, certificate_*."""
    contact = Contact(
        nguoi_lien_he=checked_text(contact.nguoi_lien_he, field="nguoi_lien_he"),
        dien_thoai=checked_phone(contact.dien_thoai),
        email=checked_email(contact.email, email_again),
    )
    now = office.clock()
    async with office.database.reading() as tx:
        unit = await units.get(tx, unit_id)
        rows = await certificates.of_unit(tx, unit_id)
        waiting = await dossiers.pending(tx, unit_id)
    row = next((r for r in rows if r.sha256 == chosen), None)
    if row is None:
        raise Refused("certificate_unknown", field="certificate_id")
    if row.id in waiting:
        raise _pending(waiting[row.id])
    if not may_submit(CertificateState(row.state)):
        raise Refused("certificate_not_submittable", field="certificate_id")
    facts = certificate.read(row.der)
    judging.check_mst(facts, unit.mst)
    judging.check_validity(facts, now)
    judging.check_judgement(await judging.fresh(office, row))

    registered = _in_use(rows)
    old = None if registered is None else _form_certificate(certificate.read(registered.der))
    draft = DraftRow(
        id=uuid4().hex,
        unit_id=unit_id,
        certificate_id=row.id,
        nguoi_lien_he=contact.nguoi_lien_he,
        dien_thoai=contact.dien_thoai,
        email=contact.email,
        document=_build(office, unit, contact, old=old, new=_form_certificate(facts), now=now),
        created_at=now,
    )
    async with office.database.writing() as tx:
        await drafts.add(tx, draft)
    return draft


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


async def cancel(office: Office, unit_id: int, draft_id: str) -> None:
    async with office.database.writing() as tx:
        await drafts.remove(tx, unit_id, draft_id)


def folded(text: str) -> str:
    """As people type when they search: without tone marks and capitals."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))


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


def _build(
    office: Office,
    unit: UnitRow,
    contact: Contact,
    *,
    old: FormCertificate | None,
    new: FormCertificate,
    now: datetime,
) -> bytes:
    form = Form05(
        ivan_code=office.ivan.code,
        ivan_name=office.ivan.name,
        unit_name=unit.ten_don_vi,
        unit_code=unit.ma_don_vi,
        mst=unit.mst,
        agency_code=unit.co_quan_bhxh,
        signer=contact.nguoi_lien_he,
        phone=contact.dien_thoai,
        made_on=now.astimezone(HANOI).date(),
        old=old,
        new=new,
        contact_name=contact.nguoi_lien_he,
        contact_phone=contact.dien_thoai,
        contact_email=contact.email,
        contact_address=unit.dia_chi,
    )
    return form05.build(form)


def _form_certificate(facts: CertificateFacts) -> FormCertificate:
    return FormCertificate(
        serial=facts.serial,
        subject=facts.subject,
        issuer=facts.issuer,
        begin=facts.not_before.astimezone(HANOI).date(),
        end=facts.not_after.astimezone(HANOI).date(),
    )


def _in_use(rows: list[CertificateRow]) -> CertificateRow | None:
    return next((r for r in rows if r.state == CertificateState.IN_USE), None)


def _submittable(row: CertificateRow, now: datetime) -> bool:
    facts = certificate.read(row.der)
    in_time = not facts.is_expired(now) and not facts.is_not_yet_valid(now)
    return in_time and may_submit(CertificateState(row.state)) and row.revocation != "revoked"


def _pending(dossier: DossierRow) -> Refused:
    return Refused("adjustment_pending", field="certificate_id", dossier=dossier.id)


def _same(earlier: DossierRow, document: bytes) -> DossierRow:
    if earlier.sha256 != sha256(document).hexdigest():
        raise Refused("already_signed", dossier=earlier.id)
    return earlier
