"""Thông tin đơn vị: what a unit says about itself, checked field by field."""

from dataclasses import dataclass, fields
from datetime import datetime

from webui.bhxh.contact import checked_email, checked_phone, checked_text
from webui.bhxh.unit_code import checked_agency_code, checked_unit_code
from webui.filing.office import Office
from webui.store import history, units
from webui.store.records import UnitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    ten_don_vi: str
    ma_don_vi: str
    co_quan_bhxh: str
    dia_chi: str
    nguoi_lien_he: str
    dien_thoai: str
    email: str

    def as_columns(self) -> dict[str, str]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


def checked(profile: Profile, *, email_again: str | None = None) -> Profile:
    """Raises Refused with the field at fault."""
    return Profile(
        ten_don_vi=checked_text(profile.ten_don_vi, field="ten_don_vi"),
        ma_don_vi=checked_unit_code(profile.ma_don_vi),
        co_quan_bhxh=checked_agency_code(profile.co_quan_bhxh),
        dia_chi=checked_text(profile.dia_chi, field="dia_chi"),
        nguoi_lien_he=checked_text(profile.nguoi_lien_he, field="nguoi_lien_he"),
        dien_thoai=checked_phone(profile.dien_thoai),
        email=checked_email(profile.email, email_again),
    )


async def change(office: Office, unit_id: int, profile: Profile) -> UnitRow:
    """Here only: what BHXH has registered changes by an adjustment alone."""
    new = checked(profile)
    now: datetime = office.clock()
    async with office.database.writing() as tx:
        await units.change(tx, unit_id, **new.as_columns())
        await history.add(tx, unit_id=unit_id, event="profile_changed", at=now)
        changed = await units.get(tx, unit_id)
    office.bell.ring(unit_id)
    return changed


async def get(office: Office, unit_id: int) -> UnitRow:
    async with office.database.reading() as tx:
        return await units.get(tx, unit_id)
