import asyncio
from dataclasses import replace

import pytest

from tests.support.pki import DAY, NOW
from tests.support.xmldsig import sign
from tests.webui.world import (
    CONTACT,
    EMAIL,
    OTHER,
    added,
    authority,
    drafted,
    registered,
    submitted,
    unit_holder,
)
from webui.bhxh import form05
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.errors import Refused
from webui.filing import adjust, archive
from webui.filing.judging import FRESH
from webui.store import certificates, dossiers, drafts, history, outbox

REVOKED = Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED)


async def ready(office, holder=None):
    unit = await registered(office)
    return unit, await added(office, unit, holder)


async def prepare(office, unit, row, contact=CONTACT, again=None):
    return await adjust.prepare(
        office, unit.id, row.sha256, contact, email_again=again or contact.email
    )


class TestTheDialog:
    async def test_shows_the_registered_certificate_beside_the_new_ones(self, office):
        unit, row = await ready(office)
        old = await added(office, unit, authority().issue("CŨ"))
        async with office.database.writing() as tx:
            await certificates.set_state(tx, old.id, "dang-dung")

        shown = await adjust.prospects(office, unit.id)

        assert shown.registered.id == old.id
        assert {c.id for c in shown.candidates} == {row.id, old.id}
        assert shown.contact.email == EMAIL
        assert shown.blocked is None

    async def test_leaves_out_what_cannot_be_submitted(self, office, clock):
        unit, row = await ready(office)
        replaced = await added(office, unit, authority().issue("THAY"))
        revoked = await added(office, unit, authority().issue("THU"))
        async with office.database.writing() as tx:
            await certificates.set_state(tx, replaced.id, "da-thay-the")
            await certificates.set_judgement(
                tx, revoked.id, chain="trusted", revocation="revoked", now=clock()
            )

        assert [c.id for c in (await adjust.prospects(office, unit.id)).candidates] == [row.id]

    async def test_says_why_it_is_blocked(self, office):
        unit = await registered(office)
        assert (
            await adjust.prospects(office, unit.id)
        ).blocked.code == "no_certificate_to_register"
        row = await added(office, unit)
        dossier = await submitted(office, unit, row)

        blocked = (await adjust.prospects(office, unit.id, row.sha256)).blocked

        assert (blocked.code, blocked.details) == ("adjustment_pending", {"dossier": dossier.id})
        assert (await adjust.prospects(office, unit.id)).blocked.code == "adjustment_pending"
        other = await added(office, unit, authority().issue("KHÁC"))
        shown = await adjust.prospects(office, unit.id)
        assert [c.id for c in shown.candidates] == [other.id]
        assert shown.blocked is None


class TestPreparing:
    async def test_builds_the_form_from_profile_old_and_new(self, office):
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

    async def test_without_a_registered_one_there_is_no_old(self, office):
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
    async def test_names_the_field_at_fault(self, office, contact, again, field):
        unit, row = await ready(office)
        with pytest.raises(Refused) as caught:
            await prepare(office, unit, row, contact, again)

        assert caught.value.field == field

    async def test_asks_again_whether_it_is_revoked_when_that_was_long_ago(
        self, office, judge, clock
    ):
        unit, row = await ready(office)
        judge.verdict = REVOKED
        assert await prepare(office, unit, row)
        clock.forward(seconds=FRESH.total_seconds())
        with pytest.raises(Refused, match="certificate_revoked"):
            await prepare(office, unit, row)
        async with office.database.reading() as tx:
            assert (await certificates.get(tx, row.id)).revocation == "revoked"

    async def test_refuses_one_that_expired_in_the_list(self, office, clock):
        unit, row = await ready(office, authority().issue("SẮP HẾT", not_after=NOW + DAY))
        clock.forward(days=2)
        with pytest.raises(Refused, match="certificate_expired"):
            await prepare(office, unit, row)

    async def test_refuses_anothers(self, office):
        _, row = await ready(office)
        other = await registered(office, OTHER)
        with pytest.raises(Refused, match="certificate_unknown"):
            await prepare(office, other, row)

    async def test_cancelling_leaves_nothing_behind(self, office):
        unit, row = await ready(office)
        draft = await prepare(office, unit, row)
        await adjust.cancel(office, unit.id, draft.id)

        async with office.database.reading() as tx:
            assert await drafts.get(tx, unit.id, draft.id) is None
            assert (await dossiers.search(tx, unit.id))[1] == 0
            assert (await certificates.get(tx, row.id)).state == "chua-gui"
        with pytest.raises(Refused, match="adjustment_unknown"):
            await adjust.accept(office, unit.id, draft.id, sign(draft.document, unit_holder()))


class TestAccepting:
    async def test_everything_is_written_together(self, office_on_each):
        office = office_on_each
        unit, row = await ready(office)
        dossier = await submitted(office, unit, row)

        async with office.database.reading() as tx:
            assert await dossiers.get(tx, dossier.id) == dossier
            assert (await outbox.get(tx, dossier.id)).due_at <= office.clock()
            assert (await certificates.get(tx, row.id)).state == "dang-cho"
            events = await history.of_dossier(tx, dossier.id)
            assert [(e.event, e.state) for e in events] == [
                ("created", "da-ky"),
                ("signed", "da-ky"),
            ]
            assert await drafts.get(tx, unit.id, dossier.id) is None

    async def test_or_not_at_all(self, office_on_each, monkeypatch):
        """The last write fails: nothing of the others remains, and the draft can be used again."""
        office = office_on_each
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        signed = sign(draft.document, unit_holder())

        async def fail(*_args, **_named):
            raise OSError("no space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(history, "add", fail)
            with pytest.raises(OSError, match="no space"):
                await adjust.accept(office, unit.id, draft.id, signed)
        async with office.database.reading() as tx:
            assert (await dossiers.search(tx, unit.id))[1] == 0
            assert await outbox.get(tx, draft.id) is None
            assert (await certificates.get(tx, row.id)).state == "chua-gui"
        assert (await adjust.accept(office, unit.id, draft.id, signed)).id == draft.id

    async def test_the_same_document_again_is_the_same_dossier(self, office):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        signed = sign(draft.document, unit_holder())

        first = await adjust.accept(office, unit.id, draft.id, signed)

        assert await adjust.accept(office, unit.id, draft.id, signed) == first

    async def test_a_double_click_makes_one_dossier(self, office_on_each):
        office = office_on_each
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        signed = sign(draft.document, unit_holder())

        answers = await asyncio.gather(
            *(adjust.accept(office, unit.id, draft.id, signed) for _ in range(8))
        )

        assert {answer.id for answer in answers} == {draft.id}
        assert (await archive.search(office, unit.id, words="", state=None, page=1))[1] == 1

    async def test_another_signing_of_the_same_draft_is_not_filed_twice(self, office):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        await adjust.accept(office, unit.id, draft.id, sign(draft.document, unit_holder()))
        again = sign(draft.document, unit_holder(), transforms=_WITH_C14N)
        with pytest.raises(Refused) as caught:
            await adjust.accept(office, unit.id, draft.id, again)

        assert (caught.value.code, caught.value.details) == (
            "already_signed",
            {"dossier": draft.id},
        )

    async def test_a_second_one_for_the_certificate_waits_for_the_answer(self, office):
        unit, row = await ready(office)
        dossier = await submitted(office, unit, row)
        with pytest.raises(Refused) as caught:
            await drafted(office, unit, row)

        assert caught.value.code == "adjustment_pending"
        assert caught.value.details == {"dossier": dossier.id}

    async def test_signed_with_another_certificate_of_the_unit(self, office):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        another = authority().issue("CŨNG CỦA ĐƠN VỊ")
        with pytest.raises(Refused, match="signed_by_another"):
            await adjust.accept(office, unit.id, draft.id, sign(draft.document, another))

    async def test_signed_with_another_companys_certificate(self, office):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        stranger = authority().issue("KHÁC", mst=OTHER)
        with pytest.raises(Refused, match="mst_mismatch"):
            await adjust.accept(office, unit.id, draft.id, sign(draft.document, stranger))

    async def test_signed_content_that_was_not_built_here(self, office):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        other = draft.document.replace(CONTACT.email.encode(), b"khac@example.vn")
        with pytest.raises(Refused, match="signed_content_differs"):
            await adjust.accept(office, unit.id, draft.id, sign(other, unit_holder()))

    async def test_a_certificate_revoked_between_building_and_signing(self, office, judge, clock):
        unit, row = await ready(office)
        draft = await drafted(office, unit, row)
        judge.verdict = REVOKED
        clock.forward(minutes=10)
        with pytest.raises(Refused, match="certificate_revoked"):
            await adjust.accept(office, unit.id, draft.id, sign(draft.document, unit_holder()))
        async with office.database.reading() as tx:
            assert (await dossiers.search(tx, unit.id))[1] == 0

    async def test_anothers_draft_is_unknown(self, office):
        unit, row = await ready(office)
        other = await registered(office, OTHER)
        draft = await drafted(office, unit, row)
        with pytest.raises(Refused, match="adjustment_unknown"):
            await adjust.accept(office, other.id, draft.id, sign(draft.document, unit_holder()))


_WITH_C14N = (
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
)


def test_searching_folds_marks_and_capitals():
    assert adjust.folded("CÔNG TY Đường Ất") == "cong ty duong at"
