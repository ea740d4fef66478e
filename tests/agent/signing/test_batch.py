"""Many documents under one approval: what becomes of each, and of the rest when it stops."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent.consent.prompts import BatchQuestion
from agent.documents import Description, Document
from agent.errors import AgentError, DocumentError, TokenError, UserError
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.keys import Confirmation, OtpKind
from agent.signing.batch import BatchEnd, BatchOrder, sign_batch
from agent.signing.candidates import Wanted
from agent.signing.outcomes import Excluded, Failed, Listed, Outcome, Signed
from protocol.messages import Stage
from tests.support.prompts import Approve, Look, Otp, Refuse, ScriptedUser, Step
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


def listed(index: int, octets: bytes | None = None, **more: object) -> Listed:
    document = b"<d%d/>" % index if octets is None else octets

    @asynccontextmanager
    async def opened() -> AsyncIterator[Document]:
        yield document

    return Listed(
        **{
            "index": index,
            "name": f"{index}.xml",
            "profile": "test",
            "kind": "xml",
            "size": len(document),
            "sha256": hashlib.sha256(document).hexdigest(),
            "opened": opened,
        }
        | more
    )


def many(count: int) -> tuple[Listed, ...]:
    return tuple(listed(index) for index in range(count))


@dataclass
class Taken:
    """Implements `Taker`."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    counted: list[tuple[int, int]] = field(default_factory=list)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    gone: bool = False

    def __post_init__(self) -> None:
        self.room.set()

    async def take(self, outcome: Outcome) -> None:
        self.waiting += 1
        await self.room.wait()
        self.waiting -= 1
        assert outcome.index not in self.outcomes, "once for each"
        self.outcomes[outcome.index] = outcome

    async def count(self, done: int, total: int) -> None:
        self.counted.append((done, total))

    def of(self, kind: type[Outcome]) -> list[int]:
        return sorted(i for i, outcome in self.outcomes.items() if isinstance(outcome, kind))


class Office:
    """One card or remote key, its user, and batches that are signed with it."""

    def __init__(self, directory: Path, card: Card, *steps: Step) -> None:
        self.card = card
        self.user = ScriptedUser(*steps)
        self.taken = Taken()
        remote = isinstance(card, RemoteKey)
        self.tokens = MemoryTokens() if remote else MemoryTokens(card)
        self.services = MemoryServices(card) if remote else MemoryServices()
        self.desk = desk_with(directory, tokens=self.tokens, user=self.user, services=self.services)

    async def sign(self, documents: tuple[Listed, ...], **more: object) -> BatchEnd:
        errand, self.stages = traced_errand()
        order = BatchOrder(documents=documents, wanted=Wanted(id=self.card.id), **more)
        end = await sign_batch(self.desk, errand, order, self.taken)
        self.left_nothing_open()
        return end

    def left_nothing_open(self) -> None:
        assert (self.user.open_windows, self.services.open_sessions) == (0, 0)
        assert (self.card.open_sessions, self.card.logged_in) == (0, 0)
        assert self.tokens.listeners == 0
        for pin in self.user.pins:
            with pytest.raises(ValueError, match="once"):
                pin.consume()

    @property
    def journal(self) -> list[tuple[str, str]]:
        self.desk.journal.verify()
        lines = self.desk.journal.latest(limit=10_000)
        return sorted((line.entry.name, line.entry.outcome) for line in lines)


@pytest.fixture
def office(tmp_path: Path) -> Callable[..., Office]:
    return lambda card, *steps: Office(tmp_path, card, *steps)


def signed(*indices: int) -> list[tuple[str, str]]:
    return sorted((f"{index}.xml", "signed") for index in indices)


class TestAGoodBatch:
    async def test_has_one_window_and_one_pin_and_a_line_for_each(self, office) -> None:
        desk = office(Card(), Approve())

        end = await desk.sign(many(30), reason="Tháng 11")

        assert end.stopped is None
        [question] = desk.user.asked
        assert isinstance(question, BatchQuestion)
        assert (question.reason, question.again) == ("Tháng 11", False)
        assert [item.name for item in question.items] == [f"{n}.xml" for n in range(30)]
        assert desk.taken.of(Signed) == list(range(30))
        for index, outcome in desk.taken.outcomes.items():
            assert outcome.document.startswith(b"<d%d/>|" % index)
            assert outcome.level is Level.B
        assert desk.card.pins_tried == ["12345678"]
        assert desk.journal == signed(*range(30))

    async def test_tells_how_far_it_is(self, office) -> None:
        desk = office(Card(), Approve())

        await desk.sign(many(5))

        assert sorted(desk.taken.counted) == [(n, 5) for n in range(1, 6)]
        assert sorted(desk.user.saw("done")) == [(n, 5) for n in range(1, 6)]
        assert desk.stages == [Stage.CHECKING, Stage.WAITING_FOR_USER, Stage.SIGNING]

    async def test_without_documents_asks_nobody(self, office) -> None:
        desk = office(Card())

        assert (await desk.sign(())) == BatchEnd(candidate=None)
        assert desk.user.asked == []

    async def test_leaves_out_what_the_user_takes_out(self, office) -> None:
        desk = office(Card(), Approve(without=frozenset({0, 3})))

        await desk.sign(many(5))

        assert desk.taken.of(Excluded) == [0, 3]
        assert desk.taken.of(Signed) == [1, 2, 4]
        assert desk.card.signatures == 3
        assert desk.journal == signed(1, 2, 4)

    async def test_shows_a_document_when_somebody_looks_at_it(self, office) -> None:
        documents = (*many(2), listed(2, b"<!DOCTYPE x>"))
        desk = office(Card(), Look(1), Look(2), Approve(without=frozenset({2})))

        await desk.sign(documents)

        shown, refused = desk.user.previews
        assert isinstance(shown, Description)
        assert shown.preview == "<d1/>"
        assert isinstance(refused, DocumentError)


class TestADocumentThatCannotBeSigned:
    async def test_for_want_of_a_way_is_failed_and_not_listed(self, office) -> None:
        class Plain:
            def with_options(self, options: Options) -> None:
                options.allow()

        desk = office(Card(), Approve())
        desk.desk = replace(
            desk.desk, formats=lambda was=desk.desk.formats: {**was(), "plain": Plain()}
        )
        documents = (
            listed(0, profile="none-such"),
            listed(1),
            listed(2, profile="plain", options=Options(level=Level.T)),
        )

        await desk.sign(documents)

        [question] = desk.user.asked
        assert [item.index for item in question.items] == [1]
        assert [desk.taken.outcomes[n].error.code for n in (0, 2)] == [
            "profile_unknown",
            "option_unsupported",
        ]
        assert desk.taken.of(Signed) == [1]

    async def test_fails_alone(self, office) -> None:
        desk = office(Card(), Approve())
        documents = (listed(0), listed(1, b"<!DOCTYPE x>"), *many(20)[2:])

        end = await desk.sign(documents)

        assert end.stopped is None
        assert desk.taken.of(Failed) == [1]
        assert desk.taken.outcomes[1].error.code == "document_has_dtd"
        assert desk.taken.of(Signed) == [0, *range(2, 20)]
        assert desk.journal == signed(0, *range(2, 20))

    async def test_because_it_is_gone_fails_alone(self, office) -> None:
        @asynccontextmanager
        async def gone() -> AsyncIterator[Document]:
            raise DocumentError("content_unknown")
            yield b""

        desk = office(Card(), Approve())

        await desk.sign((listed(0, opened=gone), listed(1)))

        assert desk.taken.outcomes[0].error.code == "content_unknown"
        assert desk.taken.of(Signed) == [1]

    async def test_for_want_of_room_on_the_disk_stops_it(self, office) -> None:
        @asynccontextmanager
        async def full() -> AsyncIterator[Document]:
            raise UserError("storage_full")
            yield b""

        desk = office(Card(), Approve())

        end = await desk.sign(tuple(listed(n, opened=full) for n in range(40)))

        assert end.stopped.code == "storage_full"
        assert desk.taken.outcomes == {}


class _Breaks(Card):
    """Fails at the n-th signature and from then on."""

    def __init__(self, at: int, error: AgentError, **more: object) -> None:
        super().__init__(**more)
        self.at, self.error = at, error

    @property
    def signatures(self) -> int:
        return self._signatures

    @signatures.setter
    def signatures(self, value: int) -> None:
        self._signatures = value
        if value > getattr(self, "at", 10_000):
            raise self.error


class TestAKeyThatFails:
    async def test_stops_it_with_what_is_done_kept_and_the_rest_left(self, office) -> None:
        desk = office(_Breaks(7, TokenError("token_failed")), Approve())

        end = await desk.sign(many(100))

        assert end.stopped.code == "token_failed"
        done = desk.taken.of(Signed)
        assert len(done) == len(desk.taken.outcomes) == 7
        outcomes = [outcome for _, outcome in desk.journal]
        assert outcomes.count("signed") == 7
        assert set(outcomes) <= {"signed", "token_failed"}

    async def test_is_asked_for_the_rest_under_a_new_pin(self, office) -> None:
        desk = office(_Breaks(7, UserError("token_removed")), Approve(), Approve())
        documents = many(40)
        await desk.sign(documents)
        desk.card.at = 10_000
        left = tuple(one for one in documents if one.index not in desk.taken.outcomes)

        end = await desk.sign(left, again=True)

        assert end.stopped is None
        assert desk.user.asked[1].again
        assert len(desk.user.asked[1].items) == 33
        assert desk.taken.of(Signed) == list(range(40))
        assert desk.card.pins_tried == ["12345678"] * 2

    async def test_a_card_pulled_is_said_so(self, office) -> None:
        desk = office(Card(), Approve())

        async def pull() -> None:
            await eventually(lambda: desk.card.signatures >= 5, "five signatures")
            desk.tokens.unplug(desk.card)

        pulling = asyncio.create_task(pull())
        end = await desk.sign(tuple(listed(n, opened=_slow(b"<d%d/>" % n)) for n in range(60)))
        await pulling

        assert end.stopped.code == "token_removed"
        assert 5 <= len(desk.taken.of(Signed)) < 60


def _slow(octets: bytes) -> Callable[[], object]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Document]:
        await asyncio.sleep(0.01)
        yield octets

    return opened


class TestThePin:
    async def test_that_is_wrong_goes_back_to_the_user(self, office) -> None:
        desk = office(Card(), Approve("00000000"), Approve())

        end = await desk.sign(many(3))

        assert end.stopped is None
        assert desk.card.pins_tried == ["00000000", "12345678"]
        assert len(desk.user.saw("pin_rejected")) == 1
        assert desk.taken.of(Signed) == [0, 1, 2]
        assert desk.journal == signed(0, 1, 2)

    async def test_that_locks_the_token_ends_it(self, office) -> None:
        desk = office(Card(tries_left=1), Approve("00000000"), Refuse())

        end = await desk.sign(many(3))

        assert end.stopped.code == "pin_locked"
        assert desk.taken.outcomes == {}
        assert desk.journal == [("0.xml (+2)", "pin_locked")]

    async def test_that_is_wanted_each_time_is_for_single_documents(self, office) -> None:
        desk = office(Card(always_authenticate=True), Approve())

        assert (await desk.sign(many(2))).stopped.code == "pin_each_time"
        assert desk.user.asked == []
        assert (await desk.sign(many(1))).stopped is None


class TestTheUser:
    async def test_may_refuse_all_of_it(self, office) -> None:
        desk = office(Card(), Refuse())

        end = await desk.sign(many(3))

        assert end.stopped.code == "user_refused"
        assert desk.taken.outcomes == {}
        assert desk.journal == [("0.xml (+2)", "user_refused")]

    async def test_may_stop_it_between_two_signatures(self, office) -> None:
        desk = office(Card(), Approve())
        desk.card.may_answer.clear()
        signing = asyncio.create_task(desk.sign(many(50)))
        await eventually(lambda: bool(desk.card.may_answer._waiters), "the key at work")
        desk.user.cancel.set()

        end = await signing

        assert end.stopped.code == "user_refused"
        assert desk.taken.of(Signed) == []
        assert {outcome for _, outcome in desk.journal} == {"cancelled"}

    async def test_who_stops_it_keeps_what_was_signed(self, office) -> None:
        desk = office(Card(), Approve())
        desk.taken.room.clear()
        signing = asyncio.create_task(desk.sign(many(50)))
        await eventually(lambda: desk.taken.waiting >= 5, "signed ones that wait for room")
        desk.user.cancel.set()
        await asyncio.sleep(0)
        desk.taken.room.set()

        end = await signing

        done = desk.taken.of(Signed)
        assert end.stopped.code == "user_refused"
        assert 5 <= len(done) < 50
        assert [line for line in desk.journal if line[1] == "signed"] == signed(*done)


class TestAPageThat:
    async def test_goes_away_stops_it_at_once(self, office) -> None:
        desk = office(Card(), Approve())
        desk.taken.room.clear()
        signing = asyncio.create_task(desk.sign(many(50)))
        await eventually(lambda: desk.taken.waiting >= 5, "signed ones that nobody takes")
        desk.taken.gone = True
        signing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing

        desk.left_nothing_open()
        assert desk.card.signatures < 50

    async def test_takes_nothing_holds_the_key_up(self, office) -> None:
        desk = office(Card(), Approve())
        desk.taken.room.clear()
        signing = asyncio.create_task(desk.sign(many(50)))
        await eventually(lambda: desk.taken.waiting >= 10, "signed ones that wait for room")
        signatures = desk.card.signatures
        desk.taken.room.set()
        await signing

        assert signatures <= 12
        assert desk.taken.of(Signed) == list(range(50))


def waits_for_the_phone(key: RemoteKey) -> bool:
    return key.on_phone is not None and not key.on_phone.done()


class TestAKeyInAService:
    async def test_is_authorised_for_as_many_as_it_takes_at_once(self, office) -> None:
        asks = Confirmation(pin=True, otp=OtpKind.SENT)
        desk = office(RemoteKey(confirmation=asks, at_once=4), Approve(), *[Otp()] * 3)

        end = await desk.sign(many(10))

        assert end.stopped is None
        assert desk.card.events == ["otp sent", "signed"] * 3
        assert desk.card.pins_tried == ["12345678"]
        assert desk.taken.of(Signed) == list(range(10))

    async def test_that_rejects_the_pin_is_given_another(self, office) -> None:
        desk = office(RemoteKey(confirmation=Confirmation(pin=True)), Approve("0000"), Approve())

        end = await desk.sign(many(3))

        assert end.stopped is None
        assert desk.card.pins_tried == ["0000", "12345678"]
        assert desk.taken.of(Signed) == [0, 1, 2]
        assert desk.journal == signed(0, 1, 2)

    async def test_waits_for_the_phone_for_each_group(self, office) -> None:
        desk = office(
            RemoteKey(confirmation=Confirmation(phone=True), at_once=2), Approve(pin=None)
        )
        signing = asyncio.create_task(desk.sign(many(4)))
        for _ in range(2):
            await eventually(lambda: waits_for_the_phone(desk.card), "it")
            desk.card.on_phone.set_result(None)
            await asyncio.sleep(0)

        assert (await signing).stopped is None
        assert desk.user.saw("phone") == [120.0, 120.0]

    async def test_refused_on_the_phone_stops_it(self, office) -> None:
        desk = office(
            RemoteKey(confirmation=Confirmation(phone=True), at_once=2), Approve(pin=None)
        )
        signing = asyncio.create_task(desk.sign(many(4)))
        await eventually(lambda: waits_for_the_phone(desk.card), "the phone")
        desk.card.on_phone.set_result("phone_rejected")

        assert (await signing).stopped.code == "phone_rejected"
        assert desk.taken.outcomes == {}
        assert desk.journal == [("0.xml", "phone_rejected"), ("1.xml", "phone_rejected")]

    async def test_may_be_cancelled_while_the_otp_is_asked_for(self, office) -> None:
        asks = Confirmation(otp=OtpKind.GENERATED)
        desk = office(RemoteKey(confirmation=asks, at_once=2), Approve(pin=None), Otp(), Refuse())

        end = await desk.sign(many(4))

        assert end.stopped.code == "user_refused"
        assert desk.taken.of(Signed) == [0, 1]
