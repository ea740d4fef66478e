import asyncio
import logging
from dataclasses import replace

import pytest

from agent.consent.prompts import Grant
from agent.consent.script import Decisions, Script
from agent.consent.scripted import ScriptedPrompts
from agent.consent.windows import samples
from agent.errors import UserError
from agent.keys import Confirmation, OtpKind, PinState

SCRIPT = Script(
    only_tokens=(samples.TOKEN.label,),
    only_services=(samples.SERVICE.host,),
    pin="12345678",
    service_pin="11223344",
    otp="246810",
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

    def test_no_secret_is_printed(self):
        for secret in (SCRIPT.pin, SCRIPT.service_pin, SCRIPT.otp):
            assert secret not in repr(SCRIPT)


async def nobody_looks(index):
    raise AssertionError(index)


class TestManyDocuments:
    async def test_all_are_approved_but_the_named_ones(self):
        question = samples.batch(5, items=tuple(map(samples.batch_item, range(100, 105))))
        names = {question.items[1].name, question.items[4].name, "another.xml"}
        async with prompts(exclude=frozenset(names)).sign_batch(question, nobody_looks) as dialog:
            approval = await dialog.approval()
            await dialog.done(3, 3)

        assert approval.pin.consume() == b"12345678"
        assert approval.excluded == {101, 104}

    async def test_a_batch_of_nothing_else_is_refused(self):
        question = samples.batch(1)
        excluded = frozenset({question.items[0].name})
        async with prompts(exclude=excluded).sign_batch(question, nobody_looks) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_unseen_digests_are_approved_as_signatures_are(self):
        async with prompts().open_digests(samples.DIGESTS) as dialog:
            assert (await dialog.approval()).pin.consume() == b"12345678"
        refusing = Decisions(sign="refuse")
        async with prompts(decisions=refusing).open_digests(samples.DIGESTS) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_token_that_is_not_listed_is_refused_here_too(self):
        elsewhere = prompts(only_tokens=("Another",))
        for asking in (
            elsewhere.sign_batch(samples.batch(2), nobody_looks),
            elsewhere.open_digests(samples.DIGESTS),
        ):
            async with asking as dialog:
                with pytest.raises(UserError, match="user_refused"):
                    await dialog.approval()


class TestFiles:
    @pytest.fixture
    def two(self, tmp_path):
        for name in ("a.pdf", "b.pdf"):
            (tmp_path / name).touch()
        return tmp_path / "a.pdf", tmp_path / "b.pdf"

    async def test_the_named_ones_are_chosen(self, two):
        names = tuple(map(str, two))

        assert await prompts(pick=names).pick(samples.PICK) == two
        assert await prompts(pick=names).pick(replace(samples.PICK, multiple=False)) == two[:1]

    @pytest.mark.parametrize("names", [(), ("/",), ("/no/such/file",), ("a.pdf",)])
    async def test_none_or_what_is_no_file_is_refused(self, names):
        with pytest.raises(UserError, match="user_refused"):
            await prompts(pick=names).pick(samples.PICK)

    def test_both_lists_are_read_from_the_file(self, tmp_path):
        file = tmp_path / "consent.toml"
        file.write_text('exclude = ["thu.pdf"]\npick = ["/a.xml"]\n')

        script = Script.read(file)

        assert (script.exclude, script.pick) == ({"thu.pdf"}, ("/a.xml",))


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


class TestAService:
    async def test_it_gets_its_own_pin_and_password(self):
        async with prompts().sign(samples.SIGN_IN_SERVICE) as dialog:
            approval = await dialog.approval()
            password = await dialog.otp(rejected=False)

        assert approval.pin.consume() == b"11223344"
        assert password.consume() == b"246810"

    async def test_one_that_asks_no_pin_gets_none(self):
        on_the_phone = replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation(phone=True))

        assert await pin_of(prompts(service_pin=()), on_the_phone) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"only_services": ()},
            {"only_services": ("saomai.vn", "kyso.saomai.vn")},  # another port is another host
            {"only_services": (), "only_tokens": (samples.SERVICE.host,)},
            {"service_pin": ()},
        ],
    )
    async def test_what_is_not_listed_is_refused(self, changes):
        with pytest.raises(UserError, match="user_refused"):
            await pin_of(prompts(**changes), samples.SIGN_IN_SERVICE)

    async def test_a_rejected_pin_is_never_given_again(self):
        """Not in this window, and not in the next one either."""
        scripted = prompts()
        async with scripted.sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            await dialog.service_pin_rejected()
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

        with pytest.raises(UserError, match="user_refused"):
            await pin_of(scripted, samples.SIGN_IN_SERVICE)

    async def test_a_rejected_pin_is_followed_by_the_lists_next_one(self):
        scripted = prompts(service_pin=("1111", "2222"))
        async with scripted.sign(samples.SIGN_IN_SERVICE) as dialog:
            first = await dialog.approval()
            await dialog.service_pin_rejected()
            second = await dialog.approval()

        assert (first.pin.consume(), second.pin.consume()) == (b"1111", b"2222")
        assert await pin_of(scripted, samples.SIGN_IN_SERVICE) == b"2222"

    async def test_an_approval_asked_twice_is_a_refusal(self):
        async with prompts(service_pin=("1111", "2222")).sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_service_that_rejects_a_pin_it_never_asked_for_is_refused(self):
        nothing_asked = replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation())
        async with prompts().sign(nothing_asked) as dialog:
            await dialog.approval()
            await dialog.service_pin_rejected()
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_rejected_password_is_followed_by_a_refusal(self):
        async with prompts().sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            await dialog.otp(rejected=False)
            with pytest.raises(UserError, match="user_refused"):
                await dialog.otp(rejected=True)

    async def test_of_several_passwords_each_asking_takes_the_next(self):
        question = replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation(otp=OtpKind.SENT))
        scripted = prompts(otp=("000000", "246810"))
        async with scripted.sign(question) as dialog:
            await dialog.approval()
            given = [await dialog.otp(rejected=wrong) for wrong in (False, True)]
            with pytest.raises(UserError, match="user_refused"):
                await dialog.otp(rejected=True)
        async with scripted.sign(question) as dialog:
            await dialog.approval()
            given.append(await dialog.otp(rejected=False))

        assert [bytes(one.consume()) for one in given] == [b"000000", b"246810", b"246810"]

    async def test_no_password_without_an_approval(self):
        async with prompts().sign(samples.SIGN_IN_SERVICE) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.otp(rejected=False)

    async def test_the_phone_is_waited_for(self):
        async with prompts().sign(samples.SIGN_IN_SERVICE) as dialog:
            await dialog.approval()
            await dialog.phone(seconds=300.0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(dialog.refused_by_user(), timeout=0.01)


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
