"""The demo unit in the web app's database, entered through the use cases like any other."""

from webui.app import open_office
from webui.bhxh.mst import canonical_mst
from webui.config import Settings
from webui.demo.plan import PASSWORD
from webui.filing import registered
from webui.filing.profile import Profile
from webui.filing.register import register
from webui.sandbox.world import UNIT
from webui.store import units


async def seed(settings: Settings, *, old_certificate: bytes) -> None:
    """Once: a unit that is there already is left as it is, with all that happened to it."""
    async with open_office(settings) as office:
        mst = canonical_mst(UNIT.mst)
        assert mst is not None, "the demo unit has an MST"
        async with office.database.reading() as tx:
            known = await units.by_mst(tx, mst)
        if known is not None:
            return
        unit = await register(
            office,
            mst=mst,
            profile=Profile(
                ten_don_vi=UNIT.name,
                ma_don_vi=UNIT.unit_code,
                co_quan_bhxh=UNIT.agency_code,
                dia_chi=UNIT.address,
                nguoi_lien_he=UNIT.contact,
                dien_thoai=UNIT.phone,
                email=UNIT.email,
            ),
            email_again=UNIT.email,
            password=PASSWORD,
            proof=None,
        )
        # Where its key lived nobody knows any more: that token is gone.
        await registered.record(office, unit.id, old_certificate, source="")
