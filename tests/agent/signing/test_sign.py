"""One signature, from the request to the journal, with everything that can come in between."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.consent.prompts import SignQuestion
from agent.errors import DocumentError, InternalError, TokenError, UserError
from agent.formats.cms import CmsFormat, verify
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.journal import Exhibit
from agent.journal.entries import RAISE
from agent.signing.candidates import Wanted
from agent.signing.desk import Desk
from agent.signing.sign import Order, Signed, sign
from protocol.messages import CertificateState, Stage
from tests.support.prompts import Approve, Choose, Do, Refuse, ScriptedUser, Wait
from tests.support.signing import ORIGIN, TableJudge, desk_with, traced_errand
from tests.support.tokens import NOW, Card, MemoryTokens
from tests.support.waiting import eventually

DOCUMENT = b"<Hoso/>"
MST = "0312345678"


def order(card: Card | None = None, *, mst: str | None = None, profile: str = "test") -> Order:
    wanted = Wanted(id=card.id if card else None, mst=mst)
    return Order(document=DOCUMENT, name="05-SD.xml", profile=profile, wanted=wanted)


async def signed(desk: Desk, wanted: Order) -> Signed:
    errand, _ = traced_errand()
    return await sign(desk, errand, wanted)


def outcomes(desk: Desk) -> list[str]:
    desk.journal.verify()
    return [stored.entry.outcome for stored in desk.journal.latest(limit=10)]


def assert_nothing_left_open(user: ScriptedUser, tokens: MemoryTokens, *cards: Card) -> None:
    assert user.open_windows == 0
    assert tokens.listeners == 0
    for card in cards:
        assert (card.open_sessions, card.logged_in) == (0, 0)
    for pin in user.pins:
        with pytest.raises(ValueError, match="once"):
            pin.consume()


class TestAGoodSignature:
    async def test_is_shown_signed_verified_and_in_the_journal_before_it_leaves(
        self, tmp_path: Path
    ) -> None:
        card, user = Card(), ScriptedUser(Approve())
        tokens = MemoryTokens(card)
        desk = desk_with(tmp_path, tokens=tokens, user=user)
        errand, stages = traced_errand()

        result = await sign(desk, errand, order(card))

        [question] = user.asked
        assert isinstance(question, SignQuestion)
        assert (question.asker.origin, question.name, question.action) == (
            ORIGIN,
            "05-SD.xml",
            "sign",
        )
        assert question.description is not None
        assert question.description.sha256 == result.sha256
        assert question.certificate.mst == (MST,)
        assert result.document.startswith(DOCUMENT + b"|")
        assert stages == [
            Stage.CHECKING,
            Stage.WAITING_FOR_USER,
            Stage.SIGNING,
            Stage.VERIFYING,
        ]
        [stored] = desk.journal.latest(limit=10)
        assert stored.entry.outcome == "signed"
        assert stored.entry.certificate == Exhibit.of(card.der)
        assert desk.journal.evidence(card.id) == card.der
        assert stored.entry.sha256 == result.sha256
        assert stored.entry.origin == ORIGIN
        assert stored.entry.size == len(DOCUMENT)
        assert stored.entry.profile == "test"
        assert stored.entry.mechanism == "rsa-pkcs1-sha256"
        assert stored.entry.signed_at == result.at
        assert stored.entry.state == "valid"
        assert stored.entry.evidence == (Exhibit.of(b"chain"),)
        assert_nothing_left_open(user, tokens, card)

    async def test_takes_the_only_certificate_of_the_unit_without_a_question(
        self, tmp_path: Path
    ) -> None:
        ours, other = Card(number=1), Card(number=2, mst="0399999999")
        user = ScriptedUser(Approve())
        desk = desk_with(tmp_path, tokens=MemoryTokens(other, ours), user=user)

        result = await signed(desk, order(mst=MST))

        assert result.candidate.certificate.id == ours.id
        assert len(user.asked) == 1

    async def test_lets_the_user_choose_where_several_will_do(self, tmp_path: Path) -> None:
        first, second = Card(number=1), Card(number=2)
        user = ScriptedUser(Choose(second.id), Approve())
        desk = desk_with(tmp_path, tokens=MemoryTokens(first, second), user=user)

        result = await signed(desk, order(mst=MST))

        assert result.candidate.certificate.id == second.id

    async def test_needs_no_pin_box_for_a_pin_pad(self, tmp_path: Path) -> None:
        card, user = Card(pin_pad=True), ScriptedUser(Approve(pin=None))
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        await signed(desk, order(card))

        assert user.saw("working")[0] == "pin-pad"


class TestLevels:
    async def test_what_was_reached_is_told(self, tmp_path: Path) -> None:
        card = Card()
        bare = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser(Approve()))
        desk = replace(bare, formats=lambda: {"test": CmsFormat(attached=False)})
        wanted = replace(order(card), options=Options(level=Level.LT))
        errand, stages = traced_errand()

        result = await sign(desk, errand, wanted)

        assert (result.level, result.level_problem) == (Level.B, "timestamp_not_configured")
        assert verify(result.document, content=DOCUMENT)
        assert stages[-1] is Stage.TIMESTAMPING
        assert sorted(outcomes(desk)) == ["raised", "signed"]
        (about,) = [one.entry for one in desk.journal.latest(limit=2) if one.entry.action == RAISE]
        assert (about.level, about.level_problem) == ("B-B", "timestamp_not_configured")

    async def test_what_the_profile_has_not_is_refused_before_anybody_is_asked(
        self, tmp_path: Path
    ) -> None:
        card, user = Card(), ScriptedUser()
        bare = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
        desk = replace(bare, formats=lambda: {"test": CmsFormat(attached=False)})

        with pytest.raises(DocumentError, match="option_unsupported"):
            await signed(desk, replace(order(card), options=Options(level=Level.LTA)))

        assert user.asked == []


class TestACertificateThatWillNotDo:
    @pytest.mark.parametrize(
        ("state", "code"),
        [
            (CertificateState.REVOKED, "certificate_revoked"),
            (CertificateState.UNTRUSTED, "certificate_untrusted"),
        ],
    )
    async def test_is_refused_with_its_own_code(
        self, tmp_path: Path, state: CertificateState, code: str
    ) -> None:
        card, user, judge = Card(), ScriptedUser(), TableJudge()
        judge.say(card, state)
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user, judge=judge)

        for wanted in (order(card), order(mst=MST)):
            with pytest.raises(UserError) as refused:
                await signed(desk, wanted)
            assert refused.value.code == code
        assert user.asked == []

    @pytest.mark.parametrize(
        ("begins", "ends", "code"),
        [(-9, -1, "certificate_expired"), (1, 9, "certificate_not_yet_valid")],
    )
    async def test_is_refused_out_of_its_period(
        self, tmp_path: Path, begins: int, ends: int, code: str
    ) -> None:
        card = Card(not_before=NOW + timedelta(days=begins), not_after=NOW + timedelta(days=ends))
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser())

        with pytest.raises(UserError) as refused:
            await signed(desk, order(card))

        assert refused.value.code == code

    async def test_of_a_branch_is_not_its_parents_and_both_numbers_are_named(
        self, tmp_path: Path
    ) -> None:
        branch = Card(mst=MST + "001")
        desk = desk_with(tmp_path, tokens=MemoryTokens(branch), user=ScriptedUser())

        for wanted in (order(mst=MST), order(branch, mst=MST)):
            with pytest.raises(UserError) as refused:
                await signed(desk, wanted)
            assert refused.value.code == "mst_mismatch"
            assert refused.value.details == {"found": f"{MST}-001", "expected": MST}

    async def test_with_unknown_revocation_is_shown_with_a_warning_and_signs(
        self, tmp_path: Path
    ) -> None:
        card, user, judge = Card(), ScriptedUser(Approve()), TableJudge()
        judge.say(card, CertificateState.UNCHECKED, "revocation_unknown")
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user, judge=judge)

        await signed(desk, order(card))

        [question] = user.asked
        assert isinstance(question, SignQuestion)
        assert question.certificate.warnings == ("revocation_unknown",)


class TestAWrongPin:
    async def test_goes_back_to_the_user_and_is_never_tried_again_by_itself(
        self, tmp_path: Path
    ) -> None:
        card, user = Card(), ScriptedUser(Approve("00000000"), Approve())
        tokens = MemoryTokens(card)
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        await signed(desk, order(card))

        assert card.pins_tried == ["00000000", "12345678"]
        [state] = user.saw("pin_rejected")
        assert state.low
        assert not state.final_try
        assert_nothing_left_open(user, tokens, card)

    async def test_ends_with_the_users_refusal(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Approve("00000000"), Refuse())
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        with pytest.raises(UserError) as refused:
            await signed(desk, order(card))

        assert refused.value.code == "user_refused"
        assert card.pins_tried == ["00000000"]
        assert outcomes(desk) == ["user_refused"]

    async def test_that_locks_the_token_is_shown_and_ends_clearly(self, tmp_path: Path) -> None:
        card = Card(tries_left=1)
        user = ScriptedUser(Approve("00000000"), Refuse())
        tokens = MemoryTokens(card)
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        with pytest.raises(UserError) as refused:
            await signed(desk, order(card))

        assert refused.value.code == "pin_locked"
        assert [state.locked for state in user.saw("pin_rejected")] == [True]
        assert outcomes(desk) == ["pin_locked"]
        assert_nothing_left_open(user, tokens, card)

    async def test_is_not_even_asked_for_when_the_token_is_locked(self, tmp_path: Path) -> None:
        card, user = Card(tries_left=0), ScriptedUser()
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        with pytest.raises(UserError) as refused:
            await signed(desk, order(card))

        assert refused.value.code == "pin_locked"
        assert user.asked == []

    async def test_of_the_wrong_length_costs_no_try(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Approve("1"), Approve())
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        await signed(desk, order(card))

        assert user.saw("pin_length") == [None]
        assert user.saw("pin_rejected") == []
        assert card.pins_tried == ["12345678"]

    async def test_shows_the_final_try_before_it_is_used(self, tmp_path: Path) -> None:
        card, user = Card(tries_left=1), ScriptedUser(Refuse())
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        with pytest.raises(UserError):
            await signed(desk, order(card))

        [question] = user.asked
        assert isinstance(question, SignQuestion)
        assert question.pin.final_try


class TestTheTokenComesAndGoes:
    async def test_it_is_waited_for(self, tmp_path: Path) -> None:
        card, user, tokens = Card(), ScriptedUser(Approve()), MemoryTokens()
        desk = desk_with(tmp_path, tokens=tokens, user=user)
        errand, stages = traced_errand()

        async with asyncio.TaskGroup() as group:
            signing = group.create_task(sign(desk, errand, order(card)))
            await eventually(lambda: tokens.listeners, "the request to wait for a token")
            assert stages == [Stage.WAITING_FOR_TOKEN]
            tokens.plug(Card(number=3))  # another one is not what was asked for
            tokens.plug(card)

        assert signing.result().candidate.certificate.id == card.id

    @pytest.mark.parametrize(
        ("present", "code"), [((), "no_token"), ((Card(number=9),), "certificate_not_found")]
    )
    async def test_it_is_not_waited_for_for_ever(
        self, tmp_path: Path, present: tuple[Card, ...], code: str
    ) -> None:
        tokens = MemoryTokens(*present)
        desk = desk_with(tmp_path, tokens=tokens, user=ScriptedUser(), waiting_seconds=0.05)

        with pytest.raises(UserError) as refused:
            await signed(desk, order(Card()))

        assert refused.value.code == code
        assert tokens.listeners == 0

    async def test_the_open_window_shows_it_pulled_and_plugged_in_again(
        self, tmp_path: Path
    ) -> None:
        card = Card()
        tokens = MemoryTokens(card)
        gone, back = Wait(), Wait()
        user = ScriptedUser(
            Do(lambda: tokens.unplug(card)), gone, Do(lambda: tokens.plug(card)), back, Approve()
        )
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        async with asyncio.TaskGroup() as group:
            group.create_task(signed(desk, order(card)))
            await eventually(lambda: user.saw("token_present") == [False], "the window to show it")
            gone.event.set()
            await eventually(lambda: len(user.saw("token_present")) == 2, "the window to show it")
            back.event.set()

        assert user.saw("token_present") == [False, True]
        assert outcomes(desk) == ["signed"]

    async def test_pulled_at_the_moment_of_approval_it_ends_clearly(self, tmp_path: Path) -> None:
        card = Card()
        tokens = MemoryTokens(card)
        user = ScriptedUser(Do(lambda: tokens.unplug(card)), Approve())
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        with pytest.raises(UserError) as refused:
            await signed(desk, order(card))

        assert refused.value.code == "token_removed"
        assert card.pins_tried == []
        assert_nothing_left_open(user, tokens, card)

    async def test_its_failure_ends_the_request_logged_out(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser()
        tokens = MemoryTokens(card)
        user = ScriptedUser(
            Do(lambda: setattr(card, "fails_with", TokenError("module_failed"))), Approve()
        )
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        with pytest.raises(TokenError) as failed:
            await signed(desk, order(card))

        assert failed.value.code == "module_failed"
        assert outcomes(desk) == ["module_failed"]
        assert_nothing_left_open(user, tokens, card)


@contextlib.asynccontextmanager
async def cancelled_when(task: asyncio.Task[Signed]) -> AsyncIterator[None]:
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestCancelling:
    async def test_while_waiting_for_a_token_leaves_nothing(self, tmp_path: Path) -> None:
        tokens = MemoryTokens()
        desk = desk_with(tmp_path, tokens=tokens, user=ScriptedUser())

        task = asyncio.create_task(signed(desk, order(Card())))
        async with cancelled_when(task):
            await eventually(lambda: tokens.listeners, "the request to wait")

        assert tokens.listeners == 0
        assert outcomes(desk) == []

    async def test_while_the_window_is_open_closes_it(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Wait())
        tokens = MemoryTokens(card)
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        task = asyncio.create_task(signed(desk, order(card)))
        async with cancelled_when(task):
            await eventually(lambda: user.open_windows, "the window")

        assert outcomes(desk) == ["cancelled"]
        assert_nothing_left_open(user, tokens, card)

    async def test_while_the_token_works_logs_out(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Approve())
        tokens = MemoryTokens(card)
        card.may_answer.clear()
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        task = asyncio.create_task(signed(desk, order(card)))
        async with cancelled_when(task):
            await eventually(lambda: card.logged_in, "the token to be logged in")

        assert card.signatures == 0
        assert_nothing_left_open(user, tokens, card)

    async def test_by_the_user_while_the_token_works_is_a_refusal(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Approve())
        tokens = MemoryTokens(card)
        card.may_answer.clear()
        desk = desk_with(tmp_path, tokens=tokens, user=user)

        task = asyncio.create_task(signed(desk, order(card)))
        await eventually(lambda: card.logged_in, "the token to be logged in")
        user.cancel.set()
        with pytest.raises(UserError) as refused:
            await task

        assert refused.value.code == "user_refused"
        assert outcomes(desk) == ["user_refused"]
        assert_nothing_left_open(user, tokens, card)


class TestWhatNeverLeaves:
    async def test_an_unknown_profile_asks_nobody(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser()
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)

        with pytest.raises(DocumentError) as refused:
            await signed(desk, order(card, profile="other"))

        assert refused.value.code == "profile_unknown"

    async def test_a_document_that_cannot_be_signed_is_shown_to_nobody(
        self, tmp_path: Path
    ) -> None:
        card, user = Card(), ScriptedUser()
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
        bad = Order(
            document=b"<!DOCTYPE a>", name="a.xml", profile="test", wanted=Wanted(id=card.id)
        )

        with pytest.raises(DocumentError) as refused:
            await signed(desk, bad)

        assert refused.value.code == "document_has_dtd"

    async def test_a_signature_that_our_own_check_rejects(self, tmp_path: Path) -> None:
        class WrongKey(Card):
            def __post_init__(self) -> None:
                super().__post_init__()
                self.key = Card(number=7).key

        card = WrongKey()
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser(Approve()))

        with pytest.raises(InternalError) as failed:
            await signed(desk, order(card))

        assert failed.value.code == "self_check_failed"
        assert outcomes(desk) == ["self_check_failed"]

    async def test_a_signature_that_the_journal_could_not_record(self, tmp_path: Path) -> None:
        card = Card()
        desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser(Approve()))
        desk.journal.close()

        with pytest.raises(Exception, match="closed"):
            await signed(desk, order(card))
