"""What the dialog shows before anything is signed, and why it may be blocked."""

from dataclasses import dataclass
from datetime import datetime

from webui.bhxh import certificate
from webui.errors import Refused
from webui.filing.office import Office
from webui.filing.states import CertificateState, may_submit
from webui.store import certificates, dossiers, units
from webui.store.records import CertificateRow, DossierRow


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
        blocked = pending_refusal(waiting[busy.id])
    elif not candidates:
        blocked = Refused("no_certificate_to_register")
    return Prospects(
        registered=in_use(rows),
        candidates=candidates,
        contact=Contact(
            nguoi_lien_he=unit.nguoi_lien_he, dien_thoai=unit.dien_thoai, email=unit.email
        ),
        blocked=blocked,
    )


def in_use(rows: list[CertificateRow]) -> CertificateRow | None:
    return next((r for r in rows if r.state == CertificateState.IN_USE), None)


def pending_refusal(dossier: DossierRow) -> Refused:
    return Refused("adjustment_pending", field="certificate_id", dossier=dossier.id)


def _submittable(row: CertificateRow, now: datetime) -> bool:
    facts = certificate.read(row.der)
    in_time = not facts.is_expired(now) and not facts.is_not_yet_valid(now)
    return in_time and may_submit(CertificateState(row.state)) and row.revocation != "revoked"
