import pytest

from tests.webui.filing.test_deliver import Story
from tests.webui.world import CONTACT, added, authority, receipt_for, registered, submitted
from webui.filing import archive, courier
from webui.store import certificates, outbox, receipts, units


@pytest.fixture
async def received(office, gateway, clock) -> Story:
    unit = await registered(office)
    old = await added(office, unit, authority().issue("CŨ"))
    async with office.database.writing() as tx:
        await certificates.set_state(tx, old.id, "dang-dung")
    row = await added(office, unit)
    story = Story(office, await submitted(office, unit, row))
    await story.step()
    assert await story.state() == "da-nhan"
    clock.forward(minutes=1)
    return story


async def certificate_states(story) -> list[str]:
    async with story.office.database.reading() as tx:
        return [row.state for row in await certificates.of_unit(tx, story.dossier.unit_id)]


async def kept(story):
    async with story.office.database.reading() as tx:
        return await receipts.of_dossier(tx, story.dossier.id)


async def test_before_a_decision_it_keeps_asking_ever_less_often(received, clock):
    waits = []
    for _ in range(12):
        assert await received.step()
        due = (await received.queue()).due_at
        waits.append((due - clock()).total_seconds())
        clock.now = due

    assert waits == sorted(waits)
    assert await received.state() == "da-nhan"


async def test_acceptance_puts_the_new_into_use_and_replaces_the_old(received, gateway):
    gateway.receipts[received.dossier.id] = receipt_for(received.dossier.id)
    await received.step()

    whole = await archive.whole(received.office, received.dossier.unit_id, received.dossier.id)
    row = whole.file.dossier
    assert row.state == "chap-nhan"
    assert (row.so_ho_so, row.result_code, row.result_text) == ("00001/2026/07906", "1", "Kết quả")
    assert await certificate_states(received) == ["dang-dung", "da-thay-the"]
    assert [(r.accepted, r.why) for r in whole.receipts] == [(1, None)]
    assert whole.receipts[0].document == gateway.receipts[received.dossier.id]
    assert (whole.unit.email, whole.unit.nguoi_lien_he) == (CONTACT.email, CONTACT.nguoi_lien_he)
    assert await received.queue() is None


async def test_refusal_keeps_the_old_in_use_and_says_bhxhs_words(received, gateway):
    gateway.receipts[received.dossier.id] = receipt_for(
        received.dossier.id, result="0", error=("E12", "Sai mã đơn vị")
    )
    await received.step()

    assert await received.state() == "tu-choi"
    assert await certificate_states(received) == ["bi-tu-choi", "dang-dung"]
    async with received.office.database.reading() as tx:
        row = await certificates.get(tx, received.dossier.certificate_id)
        unit = await units.get(tx, received.dossier.unit_id)
    assert row.reason == "Sai mã đơn vị"
    assert unit.email != CONTACT.email


async def test_after_a_refusal_the_unit_may_send_again(received, gateway):
    gateway.receipts[received.dossier.id] = receipt_for(received.dossier.id, result="0")
    await received.step()
    office, unit_id = received.office, received.dossier.unit_id
    async with office.database.reading() as tx:
        unit = await units.get(tx, unit_id)
        row = await certificates.get(tx, received.dossier.certificate_id)

    assert (await submitted(office, unit, row)).id != received.dossier.id
    assert (await certificate_states(received))[0] == "dang-cho"


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (lambda d: receipt_for(d).replace(b">1<", b">0<"), "suspicious_signature"),
        (lambda d: receipt_for(d, transaction="GD-khac"), "suspicious_other_dossier"),
        (lambda d: receipt_for(d, signer=authority().issue("GIẢ")), "suspicious_signer"),
        (lambda d: receipt_for(d, result="9"), "suspicious_result"),
        (lambda _: b"\xff\xfe", "suspicious_unreadable"),
    ],
)
async def test_a_suspicious_receipt_is_kept_aside_and_decides_nothing(
    received, gateway, clock, spoilt, why
):
    gateway.receipts[received.dossier.id] = spoilt(received.dossier.id)
    for _ in range(3):
        assert await received.step()
        clock.forward(minutes=10)

    assert await received.state() == "da-nhan"
    assert await certificate_states(received) == ["dang-cho", "dang-dung"]
    assert [(r.accepted, r.why) for r in await kept(received)] == [(None, why)]
    assert (await received.events()).count(why) == 1


async def test_a_real_receipt_after_a_suspicious_one_decides(received, gateway, clock):
    gateway.receipts[received.dossier.id] = b"<BHXH/>"
    await received.step()
    clock.forward(minutes=10)
    gateway.receipts[received.dossier.id] = receipt_for(received.dossier.id)
    await received.step()

    assert await received.state() == "chap-nhan"
    assert [r.accepted for r in await kept(received)] == [None, 1]


async def test_two_backends_reading_the_same_receipt_decide_once(received, gateway, clock):
    gateway.receipts[received.dossier.id] = receipt_for(received.dossier.id)
    office = received.office
    async with office.database.reading() as tx:
        row = await outbox.get(tx, received.dossier.id)
    await courier.step(office, row, "one")
    await courier.step(office, row, "two")

    assert (await received.events()).count("accepted") == 1
