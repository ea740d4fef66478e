from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webui.world import added, new_office, registered, submitted
from webui.bhxh.gateway import NotDelivered, RefusedAtTheDoor, Unknown
from webui.config import Delivery
from webui.filing import archive, courier, deliver
from webui.filing.office import Office
from webui.store import certificates, dossiers, history, outbox
from webui.store.records import DossierRow

TIMED_OUT = Unknown(why="time-out")


@dataclass
class Story:
    office: Office
    dossier: DossierRow

    async def step(self, owner="courier") -> bool:
        """One due step, as the courier would do it; False if nothing is due."""
        office = self.office
        async with office.database.writing() as tx:
            row = await outbox.lease_next(
                tx, owner=owner, now=office.clock(), lasting=timedelta(minutes=1)
            )
        if row is None:
            return False
        await courier.step(office, row, owner)
        return True

    async def state(self) -> str:
        async with self.office.database.reading() as tx:
            return (await dossiers.get(tx, self.dossier.id)).state

    async def events(self) -> list[str]:
        async with self.office.database.reading() as tx:
            return [row.event for row in await history.of_dossier(tx, self.dossier.id)][2:]

    async def queue(self):
        async with self.office.database.reading() as tx:
            return await outbox.get(tx, self.dossier.id)


@pytest.fixture
async def story(office) -> Story:
    unit = await registered(office)
    row = await added(office, unit)
    return Story(office, await submitted(office, unit, row))


async def test_a_signed_dossier_is_sent_and_acknowledged(story, gateway):
    assert await story.step()

    assert await story.state() == "da-nhan"
    assert await story.events() == ["sending", "acknowledged"]
    assert gateway.held == {story.dossier.id: [story.dossier.document]}
    assert not await story.step()


async def test_what_is_being_sent_is_written_before_the_first_byte_leaves(story, gateway):
    seen = []

    async def send(document, key):
        seen.append(await story.state())
        return gateway.take(document, key)

    gateway.send = send
    await story.step()

    assert seen == ["dang-gui"]


async def test_offline_it_waits_and_is_sent_again_later_and_later(story, gateway, clock):
    gateway.answers = [NotDelivered(why="gateway_unreachable")] * 3
    waits = []
    for _ in range(3):
        assert await story.step()
        assert await story.state() == "cho-gui-lai"
        due = (await story.queue()).due_at
        waits.append((due - clock()).total_seconds())
        assert not await story.step()
        clock.now = due
    assert waits == sorted(waits)
    assert waits[2] > waits[0]

    await story.step()

    assert await story.state() == "da-nhan"
    assert len(gateway.held[story.dossier.id]) == 1


async def test_a_time_out_is_unknown_and_is_asked_about_before_anything_is_sent(
    story, gateway, clock
):
    """The answer was lost after acceptance: one dossier at BHXH, one here."""
    gateway.answers = [lambda: TIMED_OUT]
    await story.step()
    assert await story.state() == "khong-ro"
    clock.forward(minutes=1)
    await story.step()

    assert await story.state() == "da-nhan"
    assert gateway.asked == [story.dossier.id]
    assert len(gateway.held[story.dossier.id]) == 1
    assert await story.events() == ["sending", "uncertain", "acknowledged"]


async def test_only_what_bhxh_never_received_is_sent_again(story, gateway, clock):
    gateway.answers = [TIMED_OUT]
    await story.step()
    clock.forward(minutes=1)
    await story.step()
    assert await story.state() == "cho-gui-lai"
    assert gateway.held == {}
    await story.step()

    assert await story.state() == "da-nhan"
    assert len(gateway.held[story.dossier.id]) == 1
    assert await story.events() == [
        "sending",
        "uncertain",
        "never_received",
        "sending",
        "acknowledged",
    ]


async def test_while_it_cannot_be_asked_nothing_is_sent(story, gateway, clock):
    gateway.answers = [lambda: TIMED_OUT]
    gateway.ask_answers = [TIMED_OUT] * 5
    await story.step()
    for _ in range(5):
        clock.forward(minutes=15)
        await story.step()
        assert await story.state() == "khong-ro"
    clock.forward(minutes=15)
    await story.step()

    assert await story.state() == "da-nhan"
    assert len(gateway.held[story.dossier.id]) == 1


async def test_found_half_sent_after_a_crash_it_is_asked_about_first(story, gateway, clock):
    class Killed(BaseException):
        pass

    async def die(document, key):
        gateway.take(document, key)
        raise Killed

    working = gateway.send
    gateway.send = die
    with pytest.raises(Killed):
        await story.step("the one who died")
    gateway.send = working
    assert await story.state() == "dang-gui"
    assert not await story.step("successor")
    clock.forward(minutes=1)
    assert await story.step("successor")
    assert await story.state() == "khong-ro"
    assert await story.step("successor")

    assert await story.state() == "da-nhan"
    assert len(gateway.held[story.dossier.id]) == 1


async def test_refused_at_the_door_in_bhxhs_words(story, gateway, office):
    gateway.answers = [RefusedAtTheDoor(code="E7", text="Sai mã đơn vị")]
    await story.step()

    async with office.database.reading() as tx:
        row = await dossiers.get(tx, story.dossier.id)
        certificate = await certificates.get(tx, row.certificate_id)
    assert (row.state, row.result_code, row.result_text) == ("tu-choi", "E7", "Sai mã đơn vị")
    assert row.decided_at == office.clock()
    assert (certificate.state, certificate.reason) == ("bi-tu-choi", "Sai mã đơn vị")
    assert await story.queue() is None


async def test_a_wish_to_wait_is_kept_to_a_bound(story, gateway, clock, office):
    gateway.answers = [NotDelivered(why="busy", retry_after_seconds=99_999)]
    await story.step()

    wait = (await story.queue()).due_at - clock()
    assert wait.total_seconds() == office.delivery.longest_retry_seconds


async def test_send_now_does_not_wait(story, gateway, office):
    gateway.answers = [NotDelivered(why="gateway_unreachable")] * 9
    for _ in range(5):
        await archive.send_now(office, story.dossier.unit_id, story.dossier.id)
        assert await story.step()
    gateway.answers = []
    assert not await story.step()
    await archive.send_now(office, story.dossier.unit_id, story.dossier.id)
    await story.step()

    assert await story.state() == "da-nhan"


async def test_one_who_lost_his_lease_changes_nothing(story, gateway, clock, office):
    """A slow answer comes after another backend took the dossier over and settled it."""

    async def slow(document, key):
        gateway.send = working
        gateway.take(document, key)
        clock.forward(minutes=2)
        assert await story.step("the other")  # finds it half sent
        assert await story.step("the other")  # asks: received
        assert await story.state() == "da-nhan"
        return TIMED_OUT

    working = gateway.send
    gateway.send = slow
    await story.step("the slow one")

    assert await story.state() == "da-nhan"
    assert (await story.queue()).lease_owner is None
    assert len(gateway.held[story.dossier.id]) == 1


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_the_bound_and_are_spread(attempts, jitter):
    now_office = _office_with(jitter)
    wait = (deliver.next_try(now_office, attempts) - now_office.clock()).total_seconds()
    full = min(2.0 * 2 ** min(attempts, 20), 600.0)

    assert full / 2 <= wait <= full


def _office_with(jitter):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return new_office(None, clock=lambda: now, jitter=lambda: jitter, delivery=Delivery())
