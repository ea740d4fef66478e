from tests.webui.filing.adjust.ready import ready
from tests.webui.world import (
    EMAIL,
    added,
    authority,
    registered,
    submitted,
)
from webui.filing import adjust
from webui.store import certificates


async def test_the_dialog_shows_the_registered_certificate_beside_the_new_ones(office):
    unit, row = await ready(office)
    old = await added(office, unit, authority().issue("CŨ"))
    async with office.database.writing() as tx:
        await certificates.set_state(tx, old.id, "dang-dung")

    shown = await adjust.prospects(office, unit.id)

    assert shown.registered.id == old.id
    assert {c.id for c in shown.candidates} == {row.id, old.id}
    assert shown.contact.email == EMAIL
    assert shown.blocked is None


async def test_the_dialog_leaves_out_what_cannot_be_submitted(office, clock):
    unit, row = await ready(office)
    replaced = await added(office, unit, authority().issue("THAY"))
    revoked = await added(office, unit, authority().issue("THU"))
    async with office.database.writing() as tx:
        await certificates.set_state(tx, replaced.id, "da-thay-the")
        await certificates.set_judgement(
            tx, revoked.id, chain="trusted", revocation="revoked", now=clock()
        )

    assert [c.id for c in (await adjust.prospects(office, unit.id)).candidates] == [row.id]


async def test_the_dialog_says_why_it_is_blocked(office):
    unit = await registered(office)
    assert (await adjust.prospects(office, unit.id)).blocked.code == "no_certificate_to_register"
    row = await added(office, unit)
    dossier = await submitted(office, unit, row)

    blocked = (await adjust.prospects(office, unit.id, row.sha256)).blocked

    assert (blocked.code, blocked.details) == ("adjustment_pending", {"dossier": dossier.id})
    assert (await adjust.prospects(office, unit.id)).blocked.code == "adjustment_pending"
    other = await added(office, unit, authority().issue("KHÁC"))
    shown = await adjust.prospects(office, unit.id)
    assert [c.id for c in shown.candidates] == [other.id]
    assert shown.blocked is None
