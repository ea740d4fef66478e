"""The form, built from what is known and asked, and kept until it comes back signed."""

from datetime import datetime
from uuid import uuid4

from webui.bhxh import certificate, form05
from webui.bhxh.certificate import CertificateFacts
from webui.bhxh.contact import checked_email, checked_phone, checked_text
from webui.bhxh.form05 import HANOI, Form05, FormCertificate
from webui.errors import Refused
from webui.filing import judging
from webui.filing.adjust.dialog import Contact, in_use, pending_refusal
from webui.filing.office import Office
from webui.filing.states import CertificateState, may_submit
from webui.store import certificates, dossiers, drafts, units
from webui.store.records import DraftRow, UnitRow


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
        raise pending_refusal(waiting[row.id])
    if not may_submit(CertificateState(row.state)):
        raise Refused("certificate_not_submittable", field="certificate_id")
    facts = certificate.read(row.der)
    judging.check_mst(facts, unit.mst)
    judging.check_validity(facts, now)
    judging.check_judgement(await judging.fresh(office, row))

    registered = in_use(rows)
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


async def cancel(office: Office, unit_id: int, draft_id: str) -> None:
    """Leaves nothing behind."""
    async with office.database.writing() as tx:
        await drafts.remove(tx, unit_id, draft_id)


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
