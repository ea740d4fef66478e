"""Questions in a terminal, asked through a real pseudo-terminal."""

import asyncio
import contextlib
import os
import sys
from dataclasses import replace

import pytest

from agent.consent.prompts import Grant, SiteQuestion
from agent.consent.terminal import Terminal
from agent.consent.terminal_prompts import TerminalPrompts
from agent.consent.windows import samples
from agent.errors import InternalError, UserError
from agent.keys import PinState
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")


class OurTerminal(Terminal):
    """The tests' own controlling terminal, if any, is another one."""

    is_ours = True


class Person:
    """Sits at the other end of the pseudo-terminal."""

    def __init__(self, far):
        self.far = far
        self.screen = ""
        os.set_blocking(far, False)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            self.screen += os.read(self.far, 65536).decode("utf-8", "replace")
        return self.screen

    async def sees(self, words, *, times=1):
        await eventually(lambda: self.read().count(words) >= times, f"{words!r} on the screen")

    def types(self, text):
        os.write(self.far, text.encode())


@pytest.fixture
def person():
    far, near = os.openpty()
    with os.fdopen(near, "w", closefd=False) as screen:
        person = Person(far)
        person.terminal = OurTerminal(near, screen)
        person.prompts = TerminalPrompts(person.terminal, prompt_seconds=20)
        yield person
    os.close(near)
    os.close(far)


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


class TestWhoseTerminalItIs:
    async def test_a_terminal_of_others_is_not_asked(self, person):
        """A background job that reads would be stopped by the system."""
        prompts = TerminalPrompts(Terminal(person.terminal._keyboard, person.terminal._screen))

        with pytest.raises(InternalError, match="prompt_unavailable"):
            await prompts.ask_site(samples.SITE)

    def test_no_terminal_is_none(self, monkeypatch):
        monkeypatch.setattr(sys, "stdin", None)

        assert Terminal.of_this_process() is None
