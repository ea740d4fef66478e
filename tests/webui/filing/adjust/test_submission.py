import asyncio

import pytest

from tests.support.xmldsig import sign
from tests.webui.filing.adjust.ready import REVOKED, ready
from tests.webui.world import (
    CONTACT,
    OTHER,
    authority,
    drafted,
    registered,
    submitted,
    unit_holder,
)
from webui.errors import Refused
from webui.filing import adjust, archive
from webui.store import certificates, dossiers, drafts, history, outbox

_WITH_C14N = (
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
)


async def test_everything_is_written_together(office_on_each):
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


async def test_or_nothing_is_written_at_all(office_on_each, monkeypatch):
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


async def test_the_same_document_again_is_the_same_dossier(office):
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    signed = sign(draft.document, unit_holder())

    first = await adjust.accept(office, unit.id, draft.id, signed)

    assert await adjust.accept(office, unit.id, draft.id, signed) == first


async def test_a_double_click_makes_one_dossier(office_on_each):
    office = office_on_each
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    signed = sign(draft.document, unit_holder())

    answers = await asyncio.gather(
        *(adjust.accept(office, unit.id, draft.id, signed) for _ in range(8))
    )

    assert {answer.id for answer in answers} == {draft.id}
    assert (await archive.search(office, unit.id, words="", state=None, page=1))[1] == 1


async def test_another_signing_of_the_same_draft_is_not_filed_twice(office):
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


async def test_a_second_one_for_the_certificate_waits_for_the_answer(office):
    unit, row = await ready(office)
    dossier = await submitted(office, unit, row)
    with pytest.raises(Refused) as caught:
        await drafted(office, unit, row)

    assert caught.value.code == "adjustment_pending"
    assert caught.value.details == {"dossier": dossier.id}


async def test_refused_when_signed_with_another_certificate_of_the_unit(office):
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    another = authority().issue("CŨNG CỦA ĐƠN VỊ")
    with pytest.raises(Refused, match="signed_by_another"):
        await adjust.accept(office, unit.id, draft.id, sign(draft.document, another))


async def test_refused_when_signed_with_another_companys_certificate(office):
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    stranger = authority().issue("KHÁC", mst=OTHER)
    with pytest.raises(Refused, match="mst_mismatch"):
        await adjust.accept(office, unit.id, draft.id, sign(draft.document, stranger))


async def test_refused_when_the_content_was_not_built_here(office):
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    other = draft.document.replace(CONTACT.email.encode(), b"khac@example.vn")
    with pytest.raises(Refused, match="signed_content_differs"):
        await adjust.accept(office, unit.id, draft.id, sign(other, unit_holder()))


async def test_refused_when_the_certificate_was_revoked_between_building_and_signing(
    office, judge, clock
):
    unit, row = await ready(office)
    draft = await drafted(office, unit, row)
    judge.verdict = REVOKED
    clock.forward(minutes=10)
    with pytest.raises(Refused, match="certificate_revoked"):
        await adjust.accept(office, unit.id, draft.id, sign(draft.document, unit_holder()))
    async with office.database.reading() as tx:
        assert (await dossiers.search(tx, unit.id))[1] == 0


async def test_anothers_draft_is_unknown(office):
    unit, row = await ready(office)
    other = await registered(office, OTHER)
    draft = await drafted(office, unit, row)
    with pytest.raises(Refused, match="adjustment_unknown"):
        await adjust.accept(office, other.id, draft.id, sign(draft.document, unit_holder()))
