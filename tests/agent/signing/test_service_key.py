"""A signature by a key in a service: what is asked for, and every way in which it can end."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_der_x509_certificate

from agent.consent.prompts import SignQuestion
from agent.errors import AgentError, ServiceError, UserError
from agent.keys import Confirmation, KeyType, OtpKind
from agent.signing.candidates import Wanted
from agent.signing.login import login
from agent.signing.sign import Order, Signed, sign
from protocol.messages import Stage, login_message
from tests.support.prompts import Approve, Do, Otp, Refuse, ScriptedUser, Step, Wait
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import ORIGIN, desk_with, traced_errand
from tests.support.tokens import MemoryTokens
from tests.support.waiting import eventually

DOCUMENT = b"<Hoso/>"
PIN_AND_OTP = Confirmation(pin=True, otp=OtpKind.SENT, otp_label="SMS")
PHONE = Confirmation(phone=True)
NO_PIN = Approve(pin=None)


@dataclass
class Signing:
    """One request to sign with one key, and everything that can be seen of it."""

    key: RemoteKey
    user: ScriptedUser
    services: MemoryServices
    stages: list[Stage]
    task: asyncio.Task[Signed]

    async def refused(self) -> AgentError:
        with pytest.raises(AgentError) as error:
            await self.task
        self.left_nothing_open()
        return error.value

    async def signed(self) -> Signed:
        result = await self.task
        self.left_nothing_open()
        return result

    def left_nothing_open(self) -> None:
        assert (self.user.open_windows, self.services.open_sessions) == (0, 0)
        assert self.user.left == 0
        for pin in self.user.pins:
            with pytest.raises(ValueError, match="once"):
                pin.consume()


class Begin:
    """Starts requests, and looks into their journal."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, key: RemoteKey, *steps: Step) -> Signing:
        user, services = ScriptedUser(*steps), MemoryServices(key)
        self.desk = desk_with(self._directory, tokens=MemoryTokens(), user=user, services=services)
        errand, stages = traced_errand()
        order = Order(document=DOCUMENT, name="05-SD.xml", profile="test", wanted=Wanted(id=key.id))
        task = asyncio.create_task(sign(self.desk, errand, order))
        return Signing(key, user, services, stages, task)

    @property
    def outcomes(self) -> list[str]:
        self.desk.journal.verify()
        return [stored.entry.outcome for stored in self.desk.journal.latest(limit=10)]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    return Begin(tmp_path)


class TestAGoodSignature:
    async def test_is_approved_signed_verified_and_in_the_journal(self, begin: Begin) -> None:
        signing = begin(RemoteKey(), NO_PIN)

        result = await signing.signed()

        [question] = signing.user.asked
        assert isinstance(question, SignQuestion)
        assert question.confirmation == Confirmation()
        assert question.certificate.token is None
        assert question.certificate.service == signing.key.service
        assert result.document.startswith(DOCUMENT + b"|")
        assert signing.stages == [
            Stage.CHECKING,
            Stage.WAITING_FOR_SERVICE,
            Stage.WAITING_FOR_USER,
            Stage.SIGNING,
            Stage.VERIFYING,
        ]
        assert begin.outcomes == ["signed"]

    async def test_tells_the_service_the_documents_name_and_both_forms_of_what_is_signed(
        self, begin: Begin
    ) -> None:
        signing = begin(RemoteKey(), NO_PIN)

        await signing.signed()

        [item] = signing.key.signed
        assert (item.name, item.message) == ("05-SD.xml", DOCUMENT)
        assert len(item.digest) == 32

    async def test_asks_for_what_the_service_asks_for_now(self, begin: Begin) -> None:
        key = RemoteKey()
        signing = begin(key, Approve(), Otp())
        key.confirmation = PIN_AND_OTP  # changed there since the certificate was listed

        await signing.signed()

        [question] = signing.user.asked
        assert isinstance(question, SignQuestion)
        assert question.confirmation == PIN_AND_OTP

    async def test_has_the_one_time_password_sent_after_the_approval_and_not_before(
        self, begin: Begin
    ) -> None:
        wait = Wait()
        signing = begin(RemoteKey(confirmation=PIN_AND_OTP), wait, Approve(), Otp())
        await eventually(lambda: signing.user.open_windows, "the window")
        assert signing.key.events == []
        wait.event.set()

        await signing.signed()

        assert signing.key.events == ["otp sent", "signed"]
        assert signing.key.pins_tried == ["12345678"]
        assert signing.key.otps_tried == ["246810"]
        assert signing.stages[2:] == [
            Stage.WAITING_FOR_USER,
            Stage.WAITING_FOR_SERVICE,
            Stage.WAITING_FOR_CONFIRMATION,
            Stage.SIGNING,
            Stage.VERIFYING,
        ]

    async def test_has_none_sent_that_the_users_own_device_shows(self, begin: Begin) -> None:
        generated = Confirmation(otp=OtpKind.GENERATED)
        signing = begin(RemoteKey(confirmation=generated), NO_PIN, Otp())

        await signing.signed()

        assert signing.key.events == ["signed"]

    async def test_shows_how_long_the_service_waits_for_the_phone(self, begin: Begin) -> None:
        signing = begin(RemoteKey(confirmation=PHONE), NO_PIN)
        await eventually(lambda: signing.user.saw("phone"), "the countdown")
        assert signing.stages[-1] is Stage.WAITING_FOR_CONFIRMATION
        assert signing.key.on_phone is not None
        signing.key.on_phone.set_result(None)

        await signing.signed()

        assert signing.user.saw("phone") == [120.0]

    async def test_never_says_that_the_token_must_stay_in(self, begin: Begin) -> None:
        signing = begin(RemoteKey(), NO_PIN)

        await signing.signed()

        assert signing.user.saw("working") == [Stage.WAITING_FOR_SERVICE, Stage.VERIFYING]


class TestAWrongPin:
    async def test_leads_back_to_the_user_and_is_never_tried_again(self, begin: Begin) -> None:
        key = RemoteKey(confirmation=Confirmation(pin=True))
        signing = begin(key, Approve("00000000"), Approve())

        await signing.signed()

        assert key.pins_tried == ["00000000", "12345678"]
        assert signing.user.saw("service_pin_rejected") == [None]

    async def test_ends_with_the_users_refusal(self, begin: Begin) -> None:
        key = RemoteKey(confirmation=Confirmation(pin=True))
        signing = begin(key, Approve("00000000"), Refuse())

        assert (await signing.refused()).code == "user_refused"
        assert key.pins_tried == ["00000000"]
        assert begin.outcomes == ["user_refused"]

    async def test_needs_a_new_one_time_password_with_the_new_pin(self, begin: Begin) -> None:
        key = RemoteKey(confirmation=PIN_AND_OTP)
        signing = begin(key, Approve("00000000"), Otp(), Approve(), Otp())

        await signing.signed()

        assert key.events == ["otp sent", "otp sent", "signed"]
        assert signing.user.saw("otp") == [False, False]


class TestAWrongOneTimePassword:
    async def test_leads_back_to_its_own_field_without_asking_for_the_pin_again(
        self, begin: Begin
    ) -> None:
        key = RemoteKey(confirmation=PIN_AND_OTP)
        signing = begin(key, Approve(), Otp("000000"), Otp())

        await signing.signed()

        assert key.otps_tried == ["000000", "246810"]
        assert key.pins_tried == ["12345678"]
        assert signing.user.saw("otp") == [False, True]
        assert key.events == ["otp sent", "otp sent", "signed"]

    async def test_ends_with_the_users_refusal(self, begin: Begin) -> None:
        key = RemoteKey(confirmation=PIN_AND_OTP)
        signing = begin(key, Approve(), Otp("000000"), Refuse())

        assert (await signing.refused()).code == "user_refused"
        assert begin.outcomes == ["user_refused"]
        assert key.signed == []

    async def test_that_nobody_types_in_time_ends_the_request(self, begin: Begin) -> None:
        signing = begin(RemoteKey(confirmation=PIN_AND_OTP), Approve(), Refuse("prompt_timeout"))

        assert (await signing.refused()).code == "prompt_timeout"
        assert begin.outcomes == ["prompt_timeout"]


class TestCancelling:
    @pytest.mark.parametrize("asked", [Confirmation(), PHONE])
    async def test_in_the_window_while_the_service_works_gives_up_there(
        self, begin: Begin, asked: Confirmation
    ) -> None:
        signing = begin(key := RemoteKey(confirmation=asked), NO_PIN)
        if asked.phone:
            await eventually(lambda: key.on_phone is not None, "the service to wait for the phone")
        else:
            key.may_answer.clear()
            await eventually(lambda: signing.user.saw("working"), "the service to work")
        signing.user.cancel.set()

        assert (await signing.refused()).code == "user_refused"
        assert key.events == ["given up"]
        assert begin.outcomes == ["user_refused"]

    async def test_in_the_window_while_the_one_time_password_is_being_sent(
        self, begin: Begin
    ) -> None:
        signing = begin(key := RemoteKey(confirmation=PIN_AND_OTP), Approve())
        key.may_answer.clear()
        await eventually(lambda: signing.user.saw("working"), "the service to be asked")
        signing.user.cancel.set()

        assert (await signing.refused()).code == "user_refused"
        assert key.pins_tried == []

    async def test_in_the_field_of_the_one_time_password_sends_nothing(self, begin: Begin) -> None:
        signing = begin(key := RemoteKey(confirmation=PIN_AND_OTP), Approve(), Refuse())

        assert (await signing.refused()).code == "user_refused"
        assert (key.events, key.pins_tried) == (["otp sent"], [])

    async def test_by_the_page_gives_up_at_the_service_too(self, begin: Begin) -> None:
        signing = begin(key := RemoteKey(confirmation=PHONE), NO_PIN)
        await eventually(lambda: key.on_phone is not None, "the service to wait for the phone")

        signing.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing.task

        signing.left_nothing_open()
        assert key.events == ["given up"]
        assert begin.outcomes == ["cancelled"]


class TestTheServiceSaysNo:
    @pytest.mark.parametrize("code", ["phone_rejected", "phone_timeout"])
    async def test_what_the_phone_decides_has_its_own_words(self, begin: Begin, code: str) -> None:
        signing = begin(key := RemoteKey(confirmation=PHONE), NO_PIN)
        await eventually(lambda: key.on_phone is not None, "the service to wait for the phone")
        assert key.on_phone is not None
        key.on_phone.set_result(code)

        assert (await signing.refused()).code == code
        assert begin.outcomes == [code]

    @pytest.mark.parametrize(
        "failure",
        [
            UserError("account_quota"),
            UserError("account_blocked"),
            ServiceError("service_timeout", host="api.cyberhsm.vn"),
        ],
        ids=lambda failure: failure.code,
    )
    async def test_what_ends_the_signature_ends_the_request(
        self, begin: Begin, failure: AgentError
    ) -> None:
        key = RemoteKey()
        signing = begin(key, Do(lambda: setattr(key, "fails_with", failure)), NO_PIN)

        assert (await signing.refused()).code == failure.code
        assert begin.outcomes == [failure.code]
        assert key.signed == []

    @pytest.mark.parametrize(
        "code", ["account_refused", "secrets_unavailable", "certificate_not_found"]
    )
    async def test_a_session_that_cannot_be_opened_asks_the_user_nothing(
        self, begin: Begin, code: str
    ) -> None:
        signing = begin(RemoteKey())
        signing.services.fails_with = UserError(code)

        assert (await signing.refused()).code == code
        assert signing.user.asked == []
        assert begin.outcomes == [code]


class TestASignatureThatIsNotTheKeys:
    @pytest.mark.parametrize(
        "answers",
        [
            pytest.param(lambda key, other: (other.sign(DOCUMENT, *RS256),), id="another key"),
            pytest.param(lambda key, other: (key.sign(b"<a/>", *RS256),), id="another document"),
            pytest.param(lambda key, other: (b"\x00" * 256,), id="nonsense"),
            pytest.param(lambda key, other: (b"",), id="empty"),
            pytest.param(lambda key, other: (), id="none"),
            pytest.param(lambda key, other: (key.sign(DOCUMENT, *RS256),) * 2, id="two"),
        ],
    )
    async def test_is_the_services_fault_and_never_leaves(self, begin: Begin, answers) -> None:
        key = RemoteKey()
        key.answers = answers(key.key, RemoteKey(number=12).key)
        signing = begin(key, NO_PIN)

        error = await signing.refused()

        assert isinstance(error, ServiceError)
        assert error.code == "service_wrong_signature"
        assert error.details == {"host": "api.cyberhsm.vn"}
        assert begin.outcomes == ["service_wrong_signature"]


RS256 = (padding.PKCS1v15(), hashes.SHA256())


class TestLogin:
    @pytest.mark.parametrize("kind", list(KeyType))
    async def test_a_key_in_a_service_proves_the_origin_too(
        self, tmp_path: Path, kind: KeyType
    ) -> None:
        key, user = RemoteKey(key_type=kind), ScriptedUser(NO_PIN)
        services = MemoryServices(key)
        desk = desk_with(tmp_path, tokens=MemoryTokens(), user=user, services=services)
        errand, _ = traced_errand()

        proof = await login(desk, errand, nonce=bytes(32), wanted=Wanted(id=key.id))

        assert proof.algorithm == {KeyType.RSA: "RS256", KeyType.EC: "ES256"}[kind]
        [item] = key.signed
        assert item.name == ORIGIN
        assert item.message == login_message(origin=ORIGIN, nonce=bytes(32))
        if kind is KeyType.RSA:
            public = load_der_x509_certificate(key.der).public_key()
            assert isinstance(public, rsa.RSAPublicKey)
            public.verify(proof.signature, item.message, *RS256)


async def test_no_secret_is_in_a_log_or_in_the_journal(
    begin: Begin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = RemoteKey(confirmation=PIN_AND_OTP, pin="secret-pin", otp="secret-otp")
    signing = begin(
        key,
        Approve("wrong-pin"),
        Otp("early-otp"),
        Approve("secret-pin"),
        Otp("wrong-otp"),
        Otp("secret-otp"),
    )

    await signing.signed()

    assert (len(key.pins_tried), len(key.otps_tried)) == (2, 2)
    written = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    for secret in ("wrong-pin", "secret-pin", "early-otp", "wrong-otp", "secret-otp"):
        assert secret not in caplog.text
        assert secret.encode() not in written
