from dataclasses import replace

import pytest

from tests.webui.world import MST, PROFILE, registered
from webui.errors import Refused
from webui.filing import profile
from webui.filing.login import PER_MST


async def test_the_password_is_stored_as_argon2_only(office):
    unit = await registered(office)

    assert unit.password_hash.startswith("$argon2id$")


async def test_an_mst_is_registered_once(office):
    await registered(office)
    with pytest.raises(Refused, match="unit_exists"):
        await registered(office)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"mst": "0101300843"}, "mst_check_digit", "mst"),
        ({"mst": "x"}, "mst_malformed", "mst"),
        ({"password": "ngắn"}, "password_short", "password"),
        ({"email_again": "x@y.vn"}, "email_differs", "email_lap_lai"),
        ({"profile": replace(PROFILE, ten_don_vi=" ")}, "required", "ten_don_vi"),
        ({"profile": replace(PROFILE, ma_don_vi="?")}, "unit_code_malformed", "ma_don_vi"),
        ({"profile": replace(PROFILE, co_quan_bhxh="1")}, "agency_code_malformed", "co_quan_bhxh"),
        ({"profile": replace(PROFILE, dien_thoai="1")}, "phone_malformed", "dien_thoai"),
        ({"profile": replace(PROFILE, dia_chi="x" * 251)}, "text_long", "dia_chi"),
    ],
)
async def test_the_field_at_fault_is_named(office, changes, code, field):
    with pytest.raises(Refused) as caught:
        await registered(office, **{"mst": MST, **changes})

    assert (caught.value.code, caught.value.field) == (code, field)


async def test_registering_is_limited_like_signing_in(office):
    await registered(office)
    for _ in range(PER_MST):
        with pytest.raises(Refused, match="unit_exists"):
            await registered(office)
    with pytest.raises(Refused, match="too_many_attempts"):
        await registered(office)


async def test_a_profile_is_changed_after_the_same_checks(office):
    unit = await registered(office)

    changed = await profile.change(office, unit.id, replace(PROFILE, ma_don_vi=" yn0123z "))

    assert changed.ma_don_vi == "YN0123Z"
    assert await profile.get(office, unit.id) == changed
    with pytest.raises(Refused, match="email_malformed"):
        await profile.change(office, unit.id, replace(PROFILE, email="x"))
