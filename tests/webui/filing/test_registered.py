import pytest

from tests.support.pki import DAY, NOW
from tests.webui.world import OTHER, authority, registered, unit_holder
from webui.errors import Refused
from webui.filing import adjust
from webui.filing import registered as known_at_bhxh
from webui.filing.inventory import certificates_of


async def test_it_is_in_use_and_stands_beside_the_new_one_in_the_dialog(office):
    unit = await registered(office)

    row = await known_at_bhxh.record(office, unit.id, unit_holder().der, source="")

    assert row.state == "dang-dung"
    prospects = await adjust.prospects(office, unit.id)
    assert prospects.registered == row


async def test_one_that_has_expired_meanwhile_is_recorded_all_the_same(office):
    unit = await registered(office)
    expired = authority().issue("CŨ", mst=unit.mst, not_before=NOW - 900 * DAY, not_after=NOW - DAY)

    row = await known_at_bhxh.record(office, unit.id, expired.der, source="")

    assert row.state == "dang-dung"


async def test_another_companys_is_refused(office):
    unit = await registered(office)
    theirs = authority().issue("KHÁC", mst=OTHER)

    with pytest.raises(Refused, match="mst_mismatch"):
        await known_at_bhxh.record(office, unit.id, theirs.der, source="")

    assert (await certificates_of(office, unit.id)).rows == []


async def test_there_is_only_one_in_use(office):
    unit = await registered(office)
    await known_at_bhxh.record(office, unit.id, unit_holder().der, source="")

    with pytest.raises(Refused, match="another_in_use"):
        await known_at_bhxh.record(
            office, unit.id, authority().issue("KHÁC", mst=unit.mst).der, source=""
        )
