"""Windows asked through the port, with real Qt and a user who does as told."""

import asyncio
from dataclasses import replace

import pytest

from agent.consent.prompts import Asker, Grant, SignDialog, SiteQuestion
from agent.consent.states import State
from agent.consent.window_prompts import WindowPrompts
from agent.consent.windows import samples
from agent.errors import InternalError, UserError
from agent.keys import Confirmation, PinState
from tests.support.waiting import eventually
from tests.support.windows import prompts_with_user


def state_of(dialog: SignDialog) -> State:
    """Where the agent's own copy of the state machine stands."""
    return dialog._talk._consent.state


class TestAskingForASite:
    @pytest.mark.parametrize(("button", "grant"), [("once", Grant.ONCE), ("always", Grant.ALWAYS)])
    async def test_a_button_is_its_grant(self, button, grant):
        prompts = prompts_with_user("state:armed", f"press:{button}")

        assert await prompts.ask_site(samples.SITE) is grant

    @pytest.mark.parametrize("step", ["press:refuse", "key:Escape", "close"])
    async def test_every_way_out_is_a_refusal(self, step):
        prompts = prompts_with_user("state:shown", step)

        assert await prompts.ask_site(samples.SITE) is Grant.REFUSED

    async def test_a_click_in_the_first_moment_does_nothing(self):
        """T24: the button under a provoked click is inert."""
        prompts = prompts_with_user(
            "state:shown", "hit:always", "key:Return", "key:Space", "state:armed", "press:once"
        )

        assert await prompts.ask_site(samples.SITE) is Grant.ONCE

    async def test_a_page_without_encryption_cannot_be_allowed_for_good(self):
        """Even a window that says so is not believed."""
        always = '{"type":"Granted","grant":"always"}'
        prompts = prompts_with_user("state:armed", f"say:{always}")

        assert await prompts.ask_site(SiteQuestion(asker=samples.INSECURE)) is Grant.ONCE

    async def test_silence_ends_in_a_time_out(self):
        with pytest.raises(UserError, match="prompt_timeout"):
            await prompts_with_user(seconds=0.2).ask_site(samples.SITE)


class TestSelecting:
    async def test_the_right_tax_code_is_chosen_already(self):
        prompts = prompts_with_user("enabled:choose", "press:choose")

        async with prompts.select(samples.SELECT) as dialog:
            chosen = await dialog.choice()

        assert chosen == samples.CERTIFICATES[0].id

    async def test_a_token_plugged_in_lights_the_window_up(self):
        prompts = prompts_with_user("shows:waiting", "enabled:choose", "press:choose")
        question = replace(samples.SELECT, certificates=())

        async with prompts.select(question) as dialog:
            await dialog.show(samples.CERTIFICATES)
            chosen = await dialog.choice()

        assert chosen == samples.CERTIFICATES[0].id

    async def test_what_cannot_be_used_cannot_be_chosen(self):
        bad = samples.CERTIFICATES[1].id
        prompts = prompts_with_user("state:armed", f'say:{{"type":"Chosen","certificate":"{bad}"}}')

        async with prompts.select(samples.SELECT) as dialog:
            with pytest.raises(UserError, match="certificate_not_found"):
                await dialog.choice()

    async def test_cancel_is_a_refusal(self):
        async with prompts_with_user("state:shown", "press:refuse").select(
            samples.SELECT
        ) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.choice()


class TestSigning:
    async def test_the_pin_comes_back_with_the_approval(self):
        prompts = prompts_with_user("type:12345678", "enabled:sign", "press:sign")

        async with prompts.sign(samples.SIGN) as dialog:
            approval = await dialog.approval()

        assert approval.pin is not None
        assert approval.pin.consume() == b"12345678"

    async def test_enter_in_the_pin_field_confirms_once_armed(self):
        prompts = prompts_with_user(
            "state:shown", "type:1234", "key:Return", "state:armed", "type:5678", "key:Return"
        )

        async with prompts.sign(samples.SIGN) as dialog:
            approval = await dialog.approval()

        assert approval.pin is not None
        assert approval.pin.consume() == b"12345678"

    async def test_a_wrong_pin_is_said_in_the_same_window_and_asked_again(self):
        prompts = prompts_with_user(
            "type:1111", "enabled:sign", "press:sign", "state:shown", "shows:banner",
            "type:2222", "enabled:sign", "press:sign",
        )  # fmt: skip

        async with prompts.sign(samples.SIGN) as dialog:
            first = await dialog.approval()
            await dialog.pin_rejected(PinState(low=True))
            second = await dialog.approval()

        assert first.pin is not None
        assert second.pin is not None
        assert (first.pin.consume(), second.pin.consume()) == (b"1111", b"2222")

    async def test_a_locked_token_can_only_be_closed(self):
        prompts = prompts_with_user(
            "type:1111", "enabled:sign", "press:sign", "state:locked", "press:refuse"
        )

        async with prompts.sign(samples.SIGN) as dialog:
            await dialog.approval()
            await dialog.pin_rejected(PinState(locked=True))
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_pulled_token_takes_the_typed_pin_with_it(self, tmp_path):
        tried = tmp_path / "tried"
        prompts = prompts_with_user(
            "type:1111", "state:unplugged", "hit:sign", "key:Return", f"note:{tried}",
            "state:armed", "type:2222", "enabled:sign", "press:sign",
        )  # fmt: skip

        async with prompts.sign(samples.SIGN) as dialog, asyncio.TaskGroup() as tasks:
            approving = tasks.create_task(dialog.approval())
            await eventually(lambda: state_of(dialog) is State.ARMED, "armed")
            await dialog.token_present(False)
            await eventually(tried.exists, "the user to have tried")
            assert state_of(dialog) is State.UNPLUGGED
            await dialog.token_present(True)
            approval = await approving

        assert approval.pin is not None
        assert approval.pin.consume() == b"2222"

    async def test_a_double_click_signs_once_and_cancels_nothing(self):
        prompts = prompts_with_user("type:1111", "enabled:sign", "press:sign", "twice:sign")

        async with prompts.sign(samples.SIGN) as dialog:
            await dialog.approval()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(dialog.refused_by_user(), timeout=0.3)

    async def test_a_pin_pad_needs_no_pin(self):
        question = replace(samples.SIGN, pin=PinState(pin_pad=True))

        async with prompts_with_user("enabled:sign", "press:sign").sign(question) as dialog:
            approval = await dialog.approval()

        assert approval.pin is None

    async def test_the_user_can_cancel_while_the_token_works(self):
        prompts = prompts_with_user(
            "type:1111", "enabled:sign", "press:sign", "state:working", "press:refuse"
        )

        async with prompts.sign(samples.SIGN) as dialog:
            await dialog.approval()
            await dialog.working("signing")
            await dialog.refused_by_user()

    async def test_the_time_to_answer_begins_anew_after_a_wrong_pin(self):
        prompts = prompts_with_user("type:1111", "enabled:sign", "press:sign", seconds=5)

        async with prompts.sign(samples.SIGN) as dialog:
            await dialog.approval()
            await dialog.pin_rejected(PinState())
            dialog._seconds = 0.2
            with pytest.raises(UserError, match="prompt_timeout"):
                await dialog.approval()


class TestSigningInAService:
    PIN = ("type:1111", "enabled:sign", "press:sign")
    ON_THE_PHONE = replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation(phone=True))

    async def test_a_wrong_password_is_said_and_asked_again_in_the_same_window(self):
        prompts = prompts_with_user(
            *self.PIN,
            "state:otp", "type:000000", "key:Return",
            "shows:banner", "type:246 810", "press:sign",
        )  # fmt: skip

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            approval = await dialog.approval()
            await dialog.working("waiting-for-service")
            first = await dialog.otp(rejected=False)
            second = await dialog.otp(rejected=True)

        assert approval.pin is not None
        assert approval.pin.consume() == b"1111"
        assert (first.consume(), second.consume()) == (b"000000", b"246810")

    async def test_a_password_may_be_pasted_as_the_message_groups_it(self):
        prompts = prompts_with_user(
            *self.PIN, "state:otp", "paste: 246 810\n", "says:otp.field=246 810", "key:Return"
        )

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            assert (await dialog.otp(rejected=False)).consume() == b"246810"

    async def test_nothing_leaves_without_the_users_act(self):
        """An empty field sends nothing, however often Enter is pressed."""
        prompts = prompts_with_user(
            *self.PIN, "state:otp", "hit:sign", "key:Return", "key:Space", "type:7", "press:sign"
        )

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            assert (await dialog.otp(rejected=False)).consume() == b"7"

    @pytest.mark.parametrize("step", ["press:refuse", "key:Escape", "close", "crash"])
    async def test_every_way_out_of_the_password_is_a_refusal(self, step):
        prompts = prompts_with_user(*self.PIN, "state:otp", "type:12", step)

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            with pytest.raises(UserError, match="user_refused"):
                await dialog.otp(rejected=False)

    async def test_silence_at_the_password_is_a_time_out(self):
        async with prompts_with_user(*self.PIN).sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            dialog._seconds = 0.2
            with pytest.raises(UserError, match="prompt_timeout"):
                await dialog.otp(rejected=False)

    async def test_a_password_nobody_asked_for_is_a_refusal(self):
        early = '{"type":"OtpGiven","pin_bytes":2}'
        prompts = prompts_with_user("state:armed", f"say:{early}\n12")

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_cancellation_before_the_password_is_asked_is_heard(self):
        prompts = prompts_with_user(*self.PIN, "state:working", "press:refuse")

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            await eventually(lambda: not dialog._talk._window._inbox.empty(), "the refusal")
            with pytest.raises(UserError, match="user_refused"):
                await dialog.otp(rejected=False)

    async def test_a_rejected_pin_leads_back_to_the_question(self):
        """Also when the password was given in between: both are asked again."""
        prompts = prompts_with_user(
            *self.PIN, "state:otp", "type:11", "press:sign",
            "state:armed", "shows:banner", "shows:pin", "type:2222", "enabled:sign", "press:sign",
            "state:otp", "type:22", "press:sign",
        )  # fmt: skip

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            await dialog.otp(rejected=False)
            await dialog.service_pin_rejected()
            approval = await dialog.approval()
            otp = await dialog.otp(rejected=False)

        assert approval.pin is not None
        assert (approval.pin.consume(), otp.consume()) == (b"2222", b"22")

    async def test_where_no_pin_is_asked_the_button_alone_approves(self):
        prompts = prompts_with_user(
            "state:shown", "hit:sign", "key:Return", "key:Space", "enabled:sign", "press:sign"
        )

        async with prompts.sign(self.ON_THE_PHONE) as dialog:
            assert (await dialog.approval()).pin is None

    @pytest.mark.parametrize("step", ["press:refuse", "key:Escape", "close", "crash"])
    async def test_waiting_for_the_phone_can_be_cancelled(self, step):
        prompts = prompts_with_user("enabled:sign", "press:sign", "shows:phone", step)

        async with prompts.sign(self.ON_THE_PHONE) as dialog:
            await dialog.approval()
            await dialog.phone(seconds=300.0)
            async with asyncio.timeout(20):
                await dialog.refused_by_user()

    async def test_the_phones_time_runs_out_before_the_users_eyes(self):
        over = "Đã hết thời gian xác nhận. Đang hỏi lại dịch vụ lần cuối…"
        prompts = prompts_with_user(
            "enabled:sign", "press:sign", "says:phone.clock=00:01", "says:phone.clock=00:00",
            f"says:phone.note={over}", "press:refuse",
        )  # fmt: skip

        async with prompts.sign(self.ON_THE_PHONE) as dialog:
            await dialog.approval()
            await dialog.phone(seconds=1.0)
            async with asyncio.timeout(20):
                await dialog.refused_by_user()

    async def test_a_stage_does_not_hide_the_instruction(self):
        """`waiting-for-confirmation` may be said before or after the phone is."""
        prompts = prompts_with_user(
            "enabled:sign", "press:sign", "shows:phone", "shows:phone.clock", "press:refuse"
        )

        async with prompts.sign(self.ON_THE_PHONE) as dialog:
            await dialog.approval()
            await dialog.phone(seconds=300.0)
            await dialog.working("waiting-for-confirmation")
            async with asyncio.timeout(20):
                await dialog.refused_by_user()


class TestTelling:
    async def test_it_returns_when_the_user_has_read(self):
        await prompts_with_user("state:armed", "press:close_button").tell("Tiêu đề", "Lời nhắn")

    async def test_it_waits_for_no_turn(self):
        """The question that it explains may still be open."""
        prompts = prompts_with_user("key:Escape")
        async with prompts._turns.turn("somebody", seconds=5):
            await prompts.tell("Tiêu đề", "Lời nhắn", "en")

    async def test_without_a_display_it_does_no_harm(self, monkeypatch):
        monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
        await WindowPrompts().tell("Tiêu đề", "Lời nhắn")
        await WindowPrompts(command=("/nonexistent/window",)).tell("Tiêu đề", "Lời nhắn")


class TestAWindowThatMisbehaves:
    async def test_a_crash_is_a_refusal(self):
        async with prompts_with_user("type:1111", "crash").sign(samples.SIGN) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_crash_while_working_is_a_cancellation(self):
        prompts = prompts_with_user("type:1111", "enabled:sign", "press:sign", "crash")

        async with prompts.sign(samples.SIGN) as dialog:
            await dialog.approval()
            await dialog.refused_by_user()

    @pytest.mark.parametrize(
        "line",
        [
            '{"type":"Approved","pin_bytes":null}',
            '{"type":"Granted","grant":"always"}',
            '{"type":"Approved","pin_bytes":99999}',
            '{"type":"Chosen"}',
            "not json",
            "x" * 5000,
        ],
    )
    async def test_an_answer_out_of_order_or_out_of_shape_is_a_refusal(self, line):
        """The window was not armed, or does not speak our protocol."""
        async with prompts_with_user("state:shown", f"say:{line}").sign(samples.SIGN) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_window_that_cannot_start_is_said(self, monkeypatch):
        monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
        with pytest.raises(InternalError, match="prompt_unavailable"):
            await WindowPrompts().ask_site(samples.SITE)

    async def test_a_missing_program_is_said(self):
        with pytest.raises(InternalError, match="prompt_unavailable"):
            await WindowPrompts(command=("/nonexistent/window",)).ask_site(samples.SITE)


class TestOneAtATime:
    async def test_the_same_asker_is_told_to_wait(self):
        prompts = prompts_with_user()
        async with prompts.sign(samples.SIGN):
            with pytest.raises(UserError, match="prompt_busy"):
                await prompts.ask_site(samples.SITE)

    async def test_another_asker_waits_its_turn(self):
        prompts = prompts_with_user("state:armed", "press:once")
        other = SiteQuestion(asker=Asker(origin="https://other.example", client="x"))

        grants = await asyncio.gather(prompts.ask_site(samples.SITE), prompts.ask_site(other))

        assert grants == [Grant.ONCE, Grant.ONCE]

    async def test_a_cancelled_question_leaves_no_window(self):
        prompts = prompts_with_user()
        asking = asyncio.create_task(prompts.ask_site(samples.SITE))
        async with asyncio.timeout(10):
            while not prompts._turns._askers:
                await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

        assert not prompts._turns._askers
