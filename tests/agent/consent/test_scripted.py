import asyncio
import logging
from dataclasses import replace

import pytest

from agent.consent.prompts import Grant
from agent.consent.scripted import Decisions, Script, ScriptedPrompts
from agent.consent.windows import samples
from agent.errors import UserError
from agent.keys import PinState

SCRIPT = Script(
    only_tokens=(samples.TOKEN.label,),
    pin="12345678",
    decisions=Decisions(site=Grant.ALWAYS, select="first", sign="approve"),
)


def prompts(**changes):
    fields = {name: getattr(SCRIPT, name) for name in SCRIPT.__struct_fields__}
    return ScriptedPrompts(Script(**(fields | changes)), unattended=True)


async def pin_of(scripted, question=samples.SIGN):
    async with scripted.sign(question) as dialog:
        approval = await dialog.approval()
        return approval.pin and bytes(approval.pin.consume())


class TestTheFile:
    def test_it_is_read(self, tmp_path):
        file = tmp_path / "consent.toml"
        file.write_text(
            'pin = ["1111", "2222"]\nonly_tokens = ["A"]\ndelay = 0.5\n'
            '[decisions]\nsite = "once"\nselect = "0101234567"\nsign = "approve"\n'
        )

        script = Script.read(file)

        assert script.pin == ("1111", "2222")
        assert script.decisions == Decisions(site=Grant.ONCE, select="0101234567", sign="approve")

    @pytest.mark.parametrize("text", ["pin = 1", "pins = 'x'", "[decisions]\nsign = 'yes'", "="])
    def test_what_is_wrong_in_it_is_said_with_its_name(self, tmp_path, text):
        file = tmp_path / "consent.toml"
        file.write_text(text)

        with pytest.raises(ValueError, match=r"consent\.toml"):
            Script.read(file)

    async def test_what_it_does_not_say_is_refused(self):
        silent = ScriptedPrompts(Script(), unattended=True)

        assert await silent.ask_site(samples.SITE) is Grant.REFUSED
        async with silent.select(samples.SELECT) as select:
            with pytest.raises(UserError, match="user_refused"):
                await select.choice()
        with pytest.raises(UserError, match="user_refused"):
            await pin_of(silent)

    def test_the_pin_is_not_printed(self):
        assert "12345678" not in repr(SCRIPT)


class TestItsFences:
    def test_it_needs_the_explicit_flag(self):
        with pytest.raises(ValueError, match="explicit flag"):
            ScriptedPrompts(SCRIPT, unattended=False)

    async def test_a_token_that_is_not_listed_is_refused(self):
        with pytest.raises(UserError, match="user_refused"):
            await pin_of(prompts(only_tokens=("Another",)))

    async def test_a_certificate_of_no_known_token_is_refused(self):
        nowhere = replace(samples.SIGN, certificate=samples.certificate(token=None))

        with pytest.raises(UserError, match="user_refused"):
            await pin_of(prompts(), nowhere)

    @pytest.mark.parametrize("state", [PinState(final_try=True), PinState(locked=True)])
    async def test_the_last_try_is_never_used(self, state):
        with pytest.raises(UserError, match="user_refused"):
            await pin_of(prompts(), replace(samples.SIGN, pin=state))

    async def test_a_rejected_pin_is_not_followed_by_another(self):
        async with prompts(pin=("1111", "2222")).sign(samples.SIGN) as dialog:
            await dialog.approval()
            await dialog.pin_rejected(PinState())
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_every_approval_is_logged_without_the_pin(self, caplog):
        with caplog.at_level(logging.WARNING):
            await pin_of(prompts())

        assert "scripted consent" in caplog.text
        assert "12345678" not in caplog.text


class TestAnswers:
    async def test_each_window_takes_the_next_pin(self):
        scripted = prompts(pin=("1111", "2222"))

        assert [await pin_of(scripted) for _ in range(3)] == [b"1111", b"2222", b"2222"]

    async def test_a_pin_pad_gets_none(self):
        question = replace(samples.SIGN, pin=PinState(pin_pad=True))

        assert await pin_of(prompts(), question) is None

    async def test_the_wanted_tax_code_is_chosen(self):
        async with prompts().select(samples.SELECT) as select:
            assert await select.choice() == samples.CERTIFICATES[0].id

    async def test_it_waits_for_the_token(self):
        async with prompts().select(replace(samples.SELECT, certificates=())) as select:
            choosing = asyncio.create_task(select.choice())
            await asyncio.sleep(0)
            assert not choosing.done()
            await select.show(samples.CERTIFICATES)

            assert await choosing == samples.CERTIFICATES[0].id
