"""Chứng thư số → Thêm mới → Xác nhận: a certificate of the unit's own, checked in every respect.

Adding tells BHXH nothing; the certificate's first state says so in words.
"""

from dataclasses import dataclass

from webui.bhxh import certificate
from webui.bhxh.certificate import CertificateFacts
from webui.bhxh.trust import Judgement
from webui.errors import Refused
from webui.filing import judging
from webui.filing.office import Office
from webui.filing.states import CertificateState
from webui.store import certificates, dossiers, history, units
from webui.store.records import CertificateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    facts: CertificateFacts
    judgement: Judgement


async def check(office: Office, unit_id: int, der: bytes) -> Checked:
    """All checks, nothing stored. Raises Refused: certificate_*, mst_*, trust_not_configured."""
    now = office.clock()
    facts = certificate.read(der)
    async with office.database.reading() as tx:
        unit = await units.get(tx, unit_id)
        known = await certificates.by_sha256(tx, unit_id, facts.id)
    judging.check_mst(facts, unit.mst)
    if known is not None and not known.hidden:
        raise Refused("certificate_exists", certificate=facts.id, state=known.state)
    judging.check_validity(facts, now)
    judgement = await office.judge.judge(der, now=now)
    judging.check_judgement(judgement)
    return Checked(facts=facts, judgement=judgement)


async def add(office: Office, unit_id: int, der: bytes, *, source: str) -> CertificateRow:
    """`source` is JSON, shown as where the certificate lives. Raises as `check`."""
    checked = await check(office, unit_id, der)
    now = office.clock()
    async with office.database.writing() as tx:
        row = await certificates.by_sha256(tx, unit_id, checked.facts.id)
        if row is not None and row.hidden:
            row_id = row.id
            await certificates.bring_back(tx, row_id, source=source)
        else:
            row_id = await certificates.add(
                tx,
                unit_id=unit_id,
                sha256=checked.facts.id,
                der=der,
                source=source,
                state=CertificateState.NOT_SENT,
                chain=checked.judgement.chain,
                revocation=checked.judgement.revocation,
                now=now,
            )
        await history.add(
            tx, unit_id=unit_id, event="certificate_added", at=now, words=checked.facts.serial
        )
        row = await certificates.get(tx, row_id)
    office.bell.ring(unit_id)
    return row


async def remove(office: Office, unit_id: int, sha256: str) -> None:
    """Only one that BHXH was never told about, or refused; a refused one is kept for its history.

    Raises Refused certificate_unknown, certificate_kept.
    """
    async with office.database.writing() as tx:
        row = await certificates.by_sha256(tx, unit_id, sha256)
        if row is None or row.hidden:
            raise Refused("certificate_unknown")
        if row.state not in {CertificateState.NOT_SENT, CertificateState.REFUSED}:
            raise Refused("certificate_kept")
        if row.id in await dossiers.latest_by_certificate(tx, unit_id):
            await certificates.hide(tx, row.id)
        else:
            await certificates.remove(tx, row.id)
        await history.add(
            tx, unit_id=unit_id, event="certificate_removed", at=office.clock(), words=sha256
        )
    office.bell.ring(unit_id)
