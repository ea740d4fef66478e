"""One signing session: what is typed goes out once, the wait ends, the signatures are counted."""

import asyncio

import pytest

from agent.errors import ServiceError, UserError
from agent.hsm.api import ToSign
from agent.hsm.key import KeyAtService
from agent.hsm.provider import Credential, Pending
from agent.keys import Confirmation, KeyType, Mechanism, OtpKind, ServiceCertificate, ServiceInfo
from agent.pin import Pin
from tests.support.provider import HOST, MemoryProvider, MemorySession
from tests.support.waiting import eventually

RSA = Mechanism.RSA_PKCS1_SHA256
SERVICE = ServiceInfo(
    account="0" * 32, provider="memory", provider_name="MEMORY", host=HOST, name="ketoan"
)


def items(count: int) -> list[ToSign]:
    return [ToSign(name=f"{n}.xml", digest=bytes([n]), message=bytes([n])) for n in range(count)]


def expected(count: int) -> tuple[bytes, ...]:
    return tuple(b"signature of " + item.digest for item in items(count))


def pin(text: str = "1234") -> Pin:
    return Pin(bytearray(text.encode()))


def waiting(seconds: float = 60.0, poll_after: float = 0.0) -> Pending:
    return Pending(transaction="t", seconds=seconds, poll_after=poll_after)


class Key(KeyAtService):
    """With what it was made of, and what it told while it waited."""

    def __init__(self, *, most: int = 1, **asks: object) -> None:
        self.service = MemoryProvider()
        self.waits: list[float] = []
        confirmation = Confirmation(**asks)
        credential = Credential(
            id="key-0", certificate=b"der", confirmation=confirmation, most_hashes=most
        )
        certificate = ServiceCertificate(
            id="0" * 64, der=b"der", service=SERVICE, credential="key-0",
            confirmation=confirmation, key_type=KeyType.RSA, key_bits=2048,
        )  # fmt: skip
        super().__init__(MemorySession(self.service), credential, certificate)

    async def signed(self, count: int = 1, *, mechanism=RSA, pin=None, otp=None):
        async def on_wait(seconds: float) -> None:
            self.waits.append(seconds)

        return await self.sign(items(count), mechanism, pin=pin, otp=otp, on_wait=on_wait)

    async def refused(self, count: int = 1, **more) -> str:
        with pytest.raises((UserError, ServiceError)) as caught:
            await self.signed(count, **more)
        return caught.value.code


async def test_nothing_is_asked_of_the_user_where_the_service_asks_nothing() -> None:
    key = Key()
    assert await key.signed() == expected(1)
    assert key.service.typed == [(None, None)]


async def test_pin_and_password_go_out_once_and_are_erased_with_the_session() -> None:
    key = Key(pin=True, otp=OtpKind.SENT)
    await key.send_otp()
    typed = pin(), pin("246810")
    assert await key.signed(pin=typed[0], otp=typed[1]) == expected(1)
    assert key.service.events == ["otp sent", "sign 1"]
    assert key.service.typed == [("1234", "246810")]
    for each in typed:
        with pytest.raises(ValueError):
            each.consume()
    key.end()
    assert key._pin is None


async def test_further_documents_are_signed_with_the_pin_that_was_right() -> None:
    key = Key(pin=True)
    assert await key.signed(pin=pin()) == expected(1)
    kept = key._pin
    assert await key.signed() == expected(1)
    assert key.service.typed == [("1234", None), ("1234", None)]
    key.end()
    assert kept == bytearray(4), "overwritten"


async def test_after_a_wrong_otp_the_pin_is_still_known() -> None:
    key = Key(pin=True, otp=OtpKind.GENERATED)
    key.service.refusals = [UserError("otp_incorrect"), UserError("otp_incorrect")]
    assert await key.refused(pin=pin(), otp=pin("1")) == "otp_incorrect"
    kept = key._pin
    assert await key.refused(otp=pin("2")) == "otp_incorrect"
    assert await key.signed(otp=pin("3")) == expected(1)
    assert key.service.typed == [("1234", "1"), ("1234", "2"), ("1234", "3")]
    key.end()
    assert kept == bytearray(4), "overwritten"


@pytest.mark.parametrize(
    "refusal",
    [
        UserError("service_pin_incorrect"),
        UserError("account_blocked"),
        ServiceError("service_timeout", host=HOST),
        RuntimeError("a defect"),
    ],
)
async def test_after_any_other_failure_the_pin_is_not_known(refusal) -> None:
    key = Key(pin=True)
    key.service.refusals = [UserError("otp_incorrect"), refusal]
    assert await key.refused(pin=pin()) == "otp_incorrect"
    kept = key._pin
    with pytest.raises(type(refusal)):
        await key.signed()
    assert key._pin is None
    assert kept == bytearray(4)
    assert len(key.service.typed) == 2, "nothing is tried again"


async def test_a_session_that_ends_erases_the_pin() -> None:
    key = Key(pin=True)
    key.service.refusals = [UserError("otp_incorrect")]
    await key.refused(pin=pin())
    kept = key._pin
    key.end()
    assert kept == bytearray(4)


async def test_more_than_the_service_takes_at_once_is_signed_in_several_goes() -> None:
    key = Key(pin=True, most=2)
    assert await key.signed(5, pin=pin()) == expected(5)
    assert key.service.events == ["sign 2", "sign 2", "sign 1"]
    assert key.service.typed == [("1234", None)] * 3


async def test_a_one_time_password_is_good_for_one_go() -> None:
    key = Key(otp=OtpKind.SENT, most=2)
    otp = pin("246810")
    assert await key.refused(3, otp=otp) == "service_batch"
    assert key.service.typed == []
    with pytest.raises(ValueError):
        otp.consume()
    assert await key.signed(2, otp=pin("246810")) == expected(2)


async def test_a_mechanism_that_the_key_has_not_is_not_asked_for() -> None:
    key = Key(pin=True)
    assert await key.refused(mechanism=Mechanism.ECDSA_SHA256, pin=pin()) == (
        "certificate_unsuitable"
    )
    assert key.service.typed == []


@pytest.mark.parametrize("answer", [(), (b"1",), (b"1", b"2", b"3"), (b"1", b"")])
async def test_there_are_as_many_signatures_as_things_to_sign(answer) -> None:
    key = Key(most=2)
    key.service.signatures = answer
    assert await key.refused(2) == "service_malformed"


async def test_the_phone_is_waited_for() -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(60.0), waiting(1000.0)]
    assert await key.signed() == expected(1)
    assert key.waits == [60.0]
    assert key.service.events == ["sign 1", "poll", "poll"]


@pytest.mark.parametrize(
    ("said", "waited"), [(1e9, 600.0), (float("inf"), 600.0), (float("nan"), 600.0), (-5.0, 0.0)]
)
async def test_no_service_keeps_us_for_as_long_as_it_likes(said, waited) -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(said)]
    if waited:
        await key.signed()
    else:
        assert await key.refused() == "phone_timeout"
    assert key.waits == [waited]


async def test_nobody_confirms_in_time() -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(0.05, 30.0)]
    assert await key.refused() == "phone_timeout"
    assert key.service.events == ["sign 1", "give up"]


@pytest.mark.parametrize("code", ["phone_rejected", "phone_timeout", "account_quota"])
async def test_what_the_service_ends_needs_no_giving_up(code) -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(), UserError(code)]
    assert await key.refused() == code
    assert key.service.events == ["sign 1", "poll"]


async def test_what_fails_while_the_phone_is_waited_for_is_given_up() -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(), ServiceError("service_unreachable", host=HOST)]
    assert await key.refused() == "service_unreachable"
    assert key.service.events == ["sign 1", "poll", "give up"]


async def test_a_user_who_does_not_want_it_any_more_is_heard_at_the_service() -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(60.0, 30.0)]
    signing = asyncio.create_task(key.signed())
    await eventually(lambda: key.waits, "the phone is waited for")
    signing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing
    assert key.service.events == ["sign 1", "give up"]


async def test_a_service_that_cannot_give_up_holds_nobody_back(monkeypatch) -> None:
    key = Key(phone=True)
    key.service.pending = [waiting(0.01, 30.0)]

    async def broken(*_: object) -> None:
        raise ServiceError("service_unreachable", host=HOST)

    monkeypatch.setattr(MemorySession, "give_up", broken)
    assert await key.refused() == "phone_timeout"
