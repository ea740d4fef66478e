"""Questions in a terminal, asked through a real pseudo-terminal."""

import asyncio
import sys
from dataclasses import replace

import pytest

from agent.consent.prompts import Grant, SiteQuestion
from agent.consent.terminal import Terminal
from agent.consent.terminal_prompts import TerminalPrompts
from agent.consent.windows import samples
from agent.errors import InternalError, UserError
from agent.keys import Confirmation, OtpKind, PinState
from tests.support.terminals import ask_in_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")


@pytest.fixture
def person():
    with ask_in_a_terminal() as person:
        yield person


class TestAskingForASite:
    @pytest.mark.parametrize(
        ("typed", "grant"),
        [
            ("l\n", Grant.ONCE),
            ("p\n", Grant.ALWAYS),
            ("\n", Grant.REFUSED),
            ("y\n", Grant.REFUSED),
            ("luôn\n", Grant.REFUSED),
        ],
    )
    async def test_only_the_exact_letter_allows(self, person, typed, grant):
        asking = asyncio.create_task(person.prompts.ask_site(samples.SITE))
        await person.sees("Enter: ")
        person.types(typed)

        assert await asking is grant
        assert "https://ketoan.example.vn" in person.read()

    async def test_what_was_typed_before_is_no_answer(self, person):
        """T24 without a mouse."""
        person.types("p\n")
        asking = asyncio.create_task(person.prompts.ask_site(samples.SITE))
        await person.sees("Enter: ")
        person.types("\n")

        assert await asking is Grant.REFUSED

    async def test_http_cannot_be_allowed_for_good(self, person):
        asking = asyncio.create_task(person.prompts.ask_site(SiteQuestion(asker=samples.INSECURE)))
        await person.sees("Enter: ")
        person.types("p\n")

        assert await asking is Grant.REFUSED
        assert "KHÔNG mã hóa" in person.read()

    async def test_silence_is_a_time_out(self, person):
        prompts = TerminalPrompts(person.terminal, prompt_seconds=0.05)

        with pytest.raises(UserError, match="prompt_timeout"):
            await prompts.ask_site(samples.SITE)

    async def test_hostile_text_moves_no_cursor(self, person):
        client = "\x1b[2Jhoa\u202edon"
        asker = replace(samples.ASKER, client=client)
        asking = asyncio.create_task(person.prompts.ask_site(SiteQuestion(asker=asker)))
        await person.sees("Enter: ")
        person.types("\n")
        await asking

        assert "\x1b" not in person.read()
        assert "\u202e" not in person.read()


class TestSelecting:
    async def test_a_number_chooses(self, person):
        async with person.prompts.select(samples.SELECT) as select:
            choosing = asyncio.create_task(select.choice())
            await person.sees("Enter: ")
            person.types("2\n")  # there, but it cannot be used
            await person.sees("Enter: ", times=2)
            person.types("1\n")

            assert await choosing == samples.CERTIFICATES[0].id
        assert "không dùng được" in person.read()

    async def test_nothing_is_a_refusal(self, person):
        async with person.prompts.select(samples.SELECT) as select:
            choosing = asyncio.create_task(select.choice())
            await person.sees("Enter: ")
            person.types("\n")

            with pytest.raises(UserError, match="user_refused"):
                await choosing

    async def test_the_list_comes_again_when_a_token_is_plugged_in(self, person):
        async with person.prompts.select(replace(samples.SELECT, certificates=())) as select:
            choosing = asyncio.create_task(select.choice())
            await person.sees("Hãy cắm USB token")
            await select.show(samples.CERTIFICATES)
            await person.sees("[1]")
            person.types("1\n")

            assert await choosing == samples.CERTIFICATES[0].id


class TestSigning:
    async def test_the_pin_is_not_echoed(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("Mã PIN")
            person.types("12345678\n")
            approval = await approving

        assert approval.pin.consume() == b"12345678"
        assert "12345678" not in person.read()
        for shown in ("05_SĐ-IVAN", samples.DOCUMENT.sha256[:16], "0101234567", "SAO MAI CA G2"):
            assert shown in person.read()

    async def test_echo_is_back_after_a_cancelled_question(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("Mã PIN")
            approving.cancel()
            await asyncio.gather(approving, return_exceptions=True)
        person.types("visible\n")

        await person.sees("visible")

    async def test_no_pin_is_a_refusal(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("Mã PIN")
            person.types("\n")

            with pytest.raises(UserError, match="user_refused"):
                await approving

    async def test_a_vietnamese_keyboard_costs_no_try(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("từ chối): ")
            person.types("mật\n")
            await person.sees("từ chối): ", times=2)
            person.types("1234\n")

            assert (await approving).pin.consume() == b"1234"

    async def test_a_wrong_pin_is_said_and_asked_again(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            await dialog.pin_rejected(PinState(final_try=True))
            approving = asyncio.create_task(dialog.approval())
            await person.sees("CHỈ CÒN MỘT LẦN THỬ")
            await person.sees("từ chối): ")
            person.types("1234\n")

            assert (await approving).pin.consume() == b"1234"

    async def test_a_pulled_token_cannot_be_confirmed(self, person):
        async with person.prompts.sign(samples.SIGN) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("từ chối): ")
            await dialog.token_present(False)
            person.types("1111\n")
            await person.sees("từ chối): ", times=2)
            await dialog.token_present(True)
            person.types("2222\n")

            assert (await approving).pin.consume() == b"2222"

    async def test_a_pin_pad_takes_the_word_alone(self, person):
        question = replace(samples.SIGN, pin=PinState(pin_pad=True))
        async with person.prompts.sign(question) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("Enter: ")
            person.types("KY\n")

            assert (await approving).pin is None


class TestSigningInAService:
    def on_the_phone(self):
        return replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation(phone=True))

    async def test_pin_and_passwords_are_asked_in_turn_and_not_echoed(self, person):
        async with person.prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("từ chối): ")
            person.types("11223344\n")
            pin = (await approving).pin.consume()
            first = asyncio.create_task(dialog.otp(rejected=False))
            await person.sees("Mã OTP (không hiện khi gõ")
            person.types("000000\n")
            wrong = (await first).consume()
            second = asyncio.create_task(dialog.otp(rejected=True))
            await person.sees("Mã OTP (không hiện khi gõ", times=2)
            person.types("246810\n")
            right = (await second).consume()

        assert (pin, wrong, right) == (b"11223344", b"000000", b"246810")
        screen = person.read()
        assert not any(secret in screen for secret in ("11223344", "000000", "246810"))
        for shown in (
            "Dịch vụ ký số từ xa: Sao Mai Remote Signing, kyso.saomai.vn:9444",
            "Tài khoản: saomai-ketoan",
            "Sau khi bấm Enter, dịch vụ sẽ gửi mã OTP cho bạn",
            "Dịch vụ ghi về mã này: “Ma OTP SMS”",
            "Mã OTP không đúng hoặc đã hết hạn.",
        ):
            assert shown in screen

    async def test_a_rejected_pin_is_said_and_asked_again(self, person):
        async with person.prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.service_pin_rejected()
            approving = asyncio.create_task(dialog.approval())
            await person.sees("Dịch vụ báo mã PIN (hoặc mật khẩu ký) không đúng.")
            await person.sees("từ chối): ")
            person.types("2222\n")

            assert (await approving).pin.consume() == b"2222"

    @pytest.mark.parametrize("typed", ["mật\n12\n", "12\n"])
    async def test_a_vietnamese_keyboard_costs_no_try(self, person, typed):
        async with person.prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            asking = asyncio.create_task(dialog.otp(rejected=False))
            for times, line in enumerate(typed.splitlines(), start=1):
                await person.sees("Mã OTP (không hiện khi gõ", times=times)
                person.types(line + "\n")

            assert (await asking).consume() == b"12"

    async def test_no_password_is_a_refusal(self, person):
        async with person.prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            asking = asyncio.create_task(dialog.otp(rejected=False))
            await person.sees("Mã OTP (không hiện khi gõ")
            person.types("\n")

            with pytest.raises(UserError, match="user_refused"):
                await asking

    async def test_silence_at_the_password_is_a_time_out(self, person):
        prompts = TerminalPrompts(person.terminal, prompt_seconds=0.05)

        async with prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            with pytest.raises(UserError, match="prompt_timeout"):
                await dialog.otp(rejected=False)

    async def test_where_no_pin_is_asked_the_word_approves(self, person):
        async with person.prompts.sign(self.on_the_phone()) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees("rồi Enter: ")
            person.types("ky\n")

            assert (await approving).pin is None
        assert "hãy xác nhận trên điện thoại" in person.read()

    async def test_enter_cancels_while_the_phone_is_waited_for(self, person):
        async with person.prompts.sign(self.on_the_phone()) as dialog:
            cancelling = asyncio.create_task(dialog.refused_by_user())
            await dialog.working("waiting-for-service")
            await dialog.phone(seconds=299.2)
            await person.sees("Nhấn Enter để hủy: ")
            assert not cancelling.done()
            person.types("\n")
            async with asyncio.timeout(20):
                await cancelling

        for shown in ("Thời gian còn lại: 05:00", "05_SĐ-IVAN_0101234567.xml", "Đang chờ dịch vụ"):
            assert shown in person.read()

    async def test_before_the_phone_nothing_reads_the_keyboard(self, person):
        async with person.prompts.sign(samples.SIGN_IN_SERVICE) as dialog:
            cancelling = asyncio.create_task(dialog.refused_by_user())
            person.types("\n")
            await asyncio.wait({cancelling}, timeout=0.05)
            assert not cancelling.done()
            cancelling.cancel()

    async def test_a_strangers_label_moves_no_cursor(self, person):
        asked = Confirmation(otp=OtpKind.SENT, otp_label="\x1b[2J" + samples.HOSTILE_TEXT)
        question = replace(samples.SIGN_IN_SERVICE, confirmation=asked)
        async with person.prompts.sign(question) as dialog:
            asking = asyncio.create_task(dialog.otp(rejected=False))
            await person.sees("Mã OTP (không hiện khi gõ")
            person.types("\n")
            await asyncio.gather(asking, return_exceptions=True)

        assert "\x1b" not in person.read()
        assert "\u202e" not in person.read()


class TestWhoseTerminalItIs:
    async def test_a_terminal_of_others_is_not_asked(self, person):
        """A background job that reads would be stopped by the system."""
        prompts = TerminalPrompts(Terminal(person.terminal._keyboard, person.terminal._screen))

        with pytest.raises(InternalError, match="prompt_unavailable"):
            await prompts.ask_site(samples.SITE)

    def test_no_terminal_is_none(self, monkeypatch):
        monkeypatch.setattr(sys, "stdin", None)

        assert Terminal.of_this_process() is None
