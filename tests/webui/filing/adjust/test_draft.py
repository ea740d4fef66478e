from dataclasses import replace

import pytest

from tests.support.pki import DAY, NOW
from tests.support.xmldsig import sign
from tests.webui.filing.adjust.ready import REVOKED, prepare, ready
from tests.webui.world import (
    CONTACT,
    OTHER,
    added,
    authority,
    registered,
    unit_holder,
)
from webui.bhxh import form05
from webui.errors import Refused
from webui.filing import adjust
from webui.filing.judging import FRESH
from webui.store import certificates, dossiers, drafts


async def test_preparing_builds_the_form_from_profile_old_and_new(office):
    unit, row = await ready(office)
    old_holder = authority().issue("CŨ")
    old = await added(office, unit, old_holder)
    async with office.database.writing() as tx:
        await certificates.set_state(tx, old.id, "dang-dung")

    form = form05.read((await prepare(office, unit, row)).document)

    assert (form.mst, form.unit_code, form.agency_code) == (unit.mst, "TS12345", "07906")
    assert (form.contact_name, form.contact_phone) == ("Lê Văn Thử", "0987654321")
    assert form.contact_email == CONTACT.email
    assert int(form.new.serial, 16) == unit_holder().certificate.serial_number
    assert int(form.old.serial, 16) == old_holder.certificate.serial_number


async def test_without_a_registered_one_there_is_no_old(office):
    unit, row = await ready(office)

    assert form05.read((await prepare(office, unit, row)).document).old is None


@pytest.mark.parametrize(
    ("contact", "again", "field"),
    [
        (CONTACT, "khac@example.vn", "email_lap_lai"),
        (replace(CONTACT, email="x"), None, "email"),
        (replace(CONTACT, dien_thoai="x"), None, "dien_thoai"),
        (replace(CONTACT, nguoi_lien_he=""), None, "nguoi_lien_he"),
    ],
)
async def test_preparing_names_the_field_at_fault(office, contact, again, field):
    unit, row = await ready(office)
    with pytest.raises(Refused) as caught:
        await prepare(office, unit, row, contact, again)

    assert caught.value.field == field


async def test_preparing_asks_again_whether_it_is_revoked_when_that_was_long_ago(
    office, judge, clock
):
    unit, row = await ready(office)
    judge.verdict = REVOKED
    assert await prepare(office, unit, row)
    clock.forward(seconds=FRESH.total_seconds())
    with pytest.raises(Refused, match="certificate_revoked"):
        await prepare(office, unit, row)
    async with office.database.reading() as tx:
        assert (await certificates.get(tx, row.id)).revocation == "revoked"


async def test_preparing_refuses_one_that_expired_in_the_list(office, clock):
    unit, row = await ready(office, authority().issue("SẮP HẾT", not_after=NOW + DAY))
    clock.forward(days=2)
    with pytest.raises(Refused, match="certificate_expired"):
        await prepare(office, unit, row)


async def test_preparing_refuses_anothers(office):
    _, row = await ready(office)
    other = await registered(office, OTHER)
    with pytest.raises(Refused, match="certificate_unknown"):
        await prepare(office, other, row)


async def test_cancelling_leaves_nothing_behind(office):
    unit, row = await ready(office)
    draft = await prepare(office, unit, row)
    await adjust.cancel(office, unit.id, draft.id)

    async with office.database.reading() as tx:
        assert await drafts.get(tx, unit.id, draft.id) is None
        assert (await dossiers.search(tx, unit.id))[1] == 0
        assert (await certificates.get(tx, row.id)).state == "chua-gui"
    with pytest.raises(Refused, match="adjustment_unknown"):
        await adjust.accept(office, unit.id, draft.id, sign(draft.document, unit_holder()))
