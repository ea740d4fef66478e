"""The unit's certificates, each with its newest dossier."""

from dataclasses import dataclass

from webui.filing.office import Office
from webui.store import certificates, dossiers
from webui.store.records import CertificateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    rows: list[CertificateRow]
    dossiers: dict[int, str]  # by the row's id


async def certificates_of(office: Office, unit_id: int) -> Inventory:
    async with office.database.reading() as tx:
        return Inventory(
            rows=await certificates.of_unit(tx, unit_id),
            dossiers=await dossiers.latest_by_certificate(tx, unit_id),
        )
