"""What BHXH has registered for a unit already, told by one who knows: an import, or the demo.

A unit rarely begins here with nothing: some certificate is in use at BHXH, and the adjustment names
it as the old one. This is no way around BHXH: it changes nothing there.
"""

from webui.bhxh import certificate
from webui.errors import Refused
from webui.filing import judging
from webui.filing.office import Office
from webui.filing.states import CertificateState
from webui.store import certificates, history, units
from webui.store.records import CertificateRow


async def record(office: Office, unit_id: int, der: bytes, *, source: str) -> CertificateRow:
    """It is in use at BHXH today; validity and revocation are shown, and no obstacle.

    Raises Refused certificate_unreadable, certificate_without_mst, mst_*, certificate_exists, and
    another_in_use where one is recorded as in use already.
    """
    now = office.clock()
    facts = certificate.read(der)
    judgement = await office.judge.judge(der, now=now)
    async with office.database.writing() as tx:
        unit = await units.get(tx, unit_id)
        judging.check_mst(facts, unit.mst)
        known = await certificates.of_unit(tx, unit_id)
        if any(row.state == CertificateState.IN_USE for row in known):
            raise Refused("another_in_use")
        row_id = await certificates.add(
            tx,
            unit_id=unit_id,
            sha256=facts.id,
            der=der,
            source=source,
            state=CertificateState.IN_USE,
            chain=judgement.chain,
            revocation=judgement.revocation,
            now=now,
        )
        await history.add(
            tx, unit_id=unit_id, event="certificate_recorded", at=now, words=facts.serial
        )
        row = await certificates.get(tx, row_id)
    office.bell.ring(unit_id)
    return row
