import asyncio
import hashlib

import pytest
from aiohttp import web

from agent.errors import ServiceError, UserError
from agent.hsm.api import ToSign
from agent.hsm.csc import waiting, wire
from agent.hsm.csc.dialect import Leave
from agent.hsm.provider import Pending
from agent.keys import Mechanism
from agent.pin import Pin
from tests.support.csc_service import EC, PSS, RSA, Asks, CscService, Key, verify

RSA256 = Mechanism.RSA_PKCS1_SHA256


def typed(text):
    return Pin(bytearray(text, "utf-8"))


def items(*names):
    return [
        ToSign(name=name, digest=hashlib.sha256(name.encode()).digest(), message=name.encode())
        for name in names
    ]


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


@pytest.fixture
def key(certificates):
    return Key(holder=certificates.company, asks=Asks(pin="2468", otp="135790"))


async def signed(session, *, pin=None, otp=None, things=None, mechanism=RSA256):
    (credential,) = await session.list_credentials()
    leave = await session.authorise(
        credential,
        things or items("tờ khai"),
        mechanism,
        pin=typed(pin) if pin else None,
        otp=typed(otp) if otp else None,
    )
    return await session.sign_hashes(leave)


class TestSigning:
    @pytest.mark.parametrize("scal", ["1", "2"])
    async def test_one_leave_for_several_documents(self, signed_in, key, version, scal):
        key.scal = scal
        things = items("tờ khai", "bảng kê", "đơn")
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            signatures = await signed(session, pin="2468", otp="135790", things=things)

        assert len(service.asked("credentials/authorize")) == 1
        for thing, signature in zip(things, signatures, strict=True):
            verify(key.holder.certificate, signature, thing.message)

    async def test_hashes_are_named_beforehand_where_leave_is_for_them(
        self, signed_in, key, version
    ):
        name = "hashes" if version == "v2" else "hash"
        for scal, expected in (("1", False), ("2", True)):
            key.scal = scal
            service = CscService(key, version=version)
            async with signed_in(service) as session:
                await signed(session, pin="2468", otp="135790")

            assert (name in service.asked("credentials/authorize")[0]) is expected

    async def test_documents_are_told_by_name_and_briefly(self, signed_in, key, version):
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            await signed(session, pin="2468", otp="135790", things=items("a" * 400, "b" * 400))

        (asked,) = service.asked("credentials/authorize")
        assert asked["description"] == "a" * 400 + ", " + "b" * 98
        assert "clientData" not in asked

    @pytest.mark.parametrize(
        ("algo", "mechanism"),
        [
            (RSA, Mechanism.RSA_PKCS1_SHA256),
            ("1.2.840.113549.1.1.11", Mechanism.RSA_PKCS1_SHA256),
            (PSS, Mechanism.RSA_PSS_SHA256),
            (EC, Mechanism.ECDSA_SHA256),
            ("1.2.840.10045.4.3.2", Mechanism.ECDSA_SHA256),
        ],
    )
    async def test_every_scheme(self, signed_in, certificates, version, algo, mechanism):
        elliptic = mechanism is Mechanism.ECDSA_SHA256
        holder = certificates.ec if elliptic else certificates.company
        service = CscService(Key(holder=holder, algos=(algo,)), version=version)
        async with signed_in(service) as session:
            (signature,) = await signed(session, mechanism=mechanism)

        pss = mechanism is Mechanism.RSA_PSS_SHA256
        verify(holder.certificate, signature, "tờ khai".encode(), pss=pss)

    async def test_a_scheme_that_the_key_does_not_do_is_refused_before_anything_is_sent(
        self, signed_in, key, version
    ):
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await signed(session, pin="2468", mechanism=Mechanism.ECDSA_SHA256)

        assert caught.value.code == "certificate_unsuitable"
        assert not service.asked("credentials/authorize")

    async def test_more_documents_than_the_service_takes_are_refused_before_anything_is_sent(
        self, signed_in, key, version
    ):
        key.multisign = 2
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await signed(session, pin="2468", things=items("a", "b", "c"))

        assert caught.value.code == "service_batch"
        assert caught.value.details["host"]
        assert not service.asked("credentials/authorize")

    async def test_a_session_that_has_not_listed_asks_for_the_credential(
        self, signed_in, key, version
    ):
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            (credential,) = await session.list_credentials()
        async with signed_in(CscService(key, version=version)) as session:
            leave = await session.authorise(
                credential, items("a"), RSA256, pin=typed("2468"), otp=typed("135790")
            )

            assert len(await session.sign_hashes(leave)) == 1


class TestWhatIsTyped:
    @pytest.mark.parametrize(
        ("pin", "otp", "code"),
        [("1111", "135790", "service_pin_incorrect"), ("2468", "000000", "otp_incorrect")],
    )
    async def test_is_refused_once_each_with_its_own_code(self, signed_in, key, pin, otp, code):
        service = CscService(key)
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await signed(session, pin=pin, otp=otp)

        assert caught.value.code == code
        assert len(service.asked("credentials/authorize")) == 1

    @pytest.mark.parametrize(
        ("asks", "code"),
        [
            (Asks(pin="2468"), "service_pin_incorrect"),
            (Asks(otp="135790"), "otp_incorrect"),
            (Asks(pin="2468", otp="135790"), "service_pin_incorrect"),
        ],
    )
    async def test_is_refused_in_v2_as_what_was_asked(self, signed_in, key, asks, code):
        key.asks = asks
        service = CscService(key, version="v2")
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await signed(session, pin="1" if asks.pin else None, otp="1" if asks.otp else None)

        assert caught.value.code == code
        assert len(service.asked("credentials/authorize")) == 1

    async def test_a_locked_pin_is_another_matter(self, signed_in, key):
        service = CscService(key)
        service._locks = 0
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await signed(session, pin="2468", otp="135790")

        assert caught.value.code == "account_blocked"

    @pytest.mark.parametrize("mechanism", [RSA256, Mechanism.ECDSA_SHA256])
    async def test_is_erased_whatever_comes_of_it(self, signed_in, key, version, mechanism):
        pin_bytes, otp_bytes = bytearray(b"1111"), bytearray(b"000000")
        pin, otp = Pin(pin_bytes), Pin(otp_bytes)
        async with signed_in(CscService(key, version=version)) as session:
            (credential,) = await session.list_credentials()
            with pytest.raises(UserError):
                await session.authorise(credential, items("a"), mechanism, pin=pin, otp=otp)

        assert pin_bytes == bytes(4)
        assert otp_bytes == bytes(6)

    async def test_is_never_sent_again_with_a_renewed_token(self, signed_in, key, version):
        service = CscService(key, version=version)
        service.refresh = True
        async with signed_in(service) as session:
            (credential,) = await session.list_credentials()
            service.tokens.clear()
            with pytest.raises(ServiceError):
                await session.authorise(
                    credential, items("a"), RSA256, pin=typed("2468"), otp=typed("135790")
                )

        assert len(service.asked("credentials/authorize")) == 1

    async def test_an_otp_is_sent_when_it_is_asked_for(self, signed_in, key, version):
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            (credential,) = await session.list_credentials()
            await session.send_otp(credential)

        assert service.otps_sent == [key.id]

    async def test_v2_sends_by_v1s_method_where_it_has_no_other(self, signed_in, key):
        service = CscService(key, version="v2")
        service.methods.remove("credentials/getChallenge")
        async with signed_in(service) as session:
            (credential,) = await session.list_credentials()
            await session.send_otp(credential)

        assert len(service.asked("credentials/sendOTP")) == 1

    async def test_a_question_in_place_of_an_otp_is_refused(self, signed_in, key):
        async def question(_):
            return web.json_response({"challenge": "What's your mother's birth name?"})

        service = CscService(key, version="v2")
        service.override["/csc/v2/credentials/getChallenge"] = question
        async with signed_in(service) as session:
            (credential,) = await session.list_credentials()
            with pytest.raises(UserError) as caught:
                await session.send_otp(credential)

        assert caught.value.code == "certificate_unsuitable"


async def waited_for(session, pending):
    """The number of polls, and what came in the end."""
    polls = 0
    while isinstance(pending, Pending):
        polls += 1
        pending = await session.poll(pending)
    return polls, pending


async def unavailable(_):
    return web.Response(status=503)


class TestThePhone:
    @pytest.fixture
    def key(self, certificates):
        return Key(holder=certificates.company, asks=Asks(phone=True))

    async def test_the_countdown_is_seen_before_v1_holds_us_up(self, signed_in, key):
        service = CscService(key)
        async with signed_in(service) as session:
            pending = await signed(session)

            assert pending.poll_after == 0
            assert 179 < pending.seconds <= 180
            assert not service.asked("credentials/authorize")
            polls, (signature,) = await waited_for(session, pending)

        assert polls == 1
        verify(key.holder.certificate, signature, "tờ khai".encode())

    async def test_v2_is_asked_until_the_user_has_decided(self, signed_in, key):
        service = CscService(key, version="v2")
        async with signed_in(service) as session:
            pending = await signed(session)

            assert pending.poll_after == 2
            polls, (signature,) = await waited_for(session, pending)

        assert polls == 3
        assert len(service.asked("credentials/authorize")) == 1
        verify(key.holder.certificate, signature, "tờ khai".encode())

    async def test_an_asynchronous_service_is_not_made_to_hold_on(self, signed_in, key):
        service = CscService(key, version="v2")
        service.asynchronous = True
        async with signed_in(service) as session:
            polls, (signature,) = await waited_for(session, await signed(session))

        assert polls == 6
        assert service.asked("signatures/signHash")[0]["operationMode"] == "A"
        assert len(service.asked("signatures/signHash")) == 1
        verify(key.holder.certificate, signature, "tờ khai".encode())

    async def test_a_no_on_the_phone_is_a_no(self, signed_in, key, version):
        service = CscService(key, version=version)
        service.user_says = "no"
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await waited_for(session, await signed(session))

        assert caught.value.code == "phone_rejected"
        assert not service.asked("signatures/signHash")

    async def test_a_transaction_that_the_service_has_dropped_is_over(self, signed_in, key):
        service = CscService(key, version="v2")
        async with signed_in(service) as session:
            pending = await signed(session)
            service._handles.clear()
            with pytest.raises(UserError) as caught:
                await session.poll(pending)

        assert caught.value.code == "phone_timeout"

    async def test_the_time_is_one_however_often_the_service_says_not_yet(self, signed_in, key):
        now = 0.0
        service = CscService(key, version="v2")
        service.polls = 10**6
        async with signed_in(service) as session:
            session._waiting = waiting.Waiting(clock=lambda: now)
            pending = await signed(session)
            told = [pending.seconds]
            for _ in range(3):
                now += 50
                pending = await session.poll(pending)
                told.append(pending.seconds)
            now += 50
            with pytest.raises(UserError) as caught:
                await session.poll(pending)

        assert told == [180, 130, 80, 30]
        assert caught.value.code == "phone_timeout"

    async def test_a_question_that_got_lost_may_be_put_again(self, signed_in, key):
        service = CscService(key, version="v2")
        async with signed_in(service) as session:
            pending = await signed(session)
            service.override["/csc/v2/credentials/authorizeCheck"] = unavailable
            with pytest.raises(ServiceError):
                await session.poll(pending)
            service.override.clear()
            _, signatures = await waited_for(session, pending)

        assert len(signatures) == 1

    @pytest.mark.parametrize(
        ("version", "lost"),
        [
            ("v1", "credentials/authorize"),
            ("v1", "signatures/signHash"),
            ("v2", "signatures/signHash"),
        ],
    )
    async def test_what_has_effects_is_not_done_again(self, signed_in, key, version, lost):
        service = CscService(key, version=version)
        service.polls = 0
        service.override[f"/csc/{version}/{lost}"] = unavailable
        async with signed_in(service) as session:
            pending = await signed(session)
            with pytest.raises(ServiceError):
                await session.poll(pending)
            service.override.clear()
            with pytest.raises(UserError) as caught:
                await session.poll(pending)

        assert caught.value.code == "phone_timeout"
        assert len(service.asked(lost)) == 1

    async def test_a_request_that_is_held_open_too_long_is_a_confirmation_that_did_not_come(
        self, signed_in, key, monkeypatch
    ):
        monkeypatch.setattr(wire, "PATIENCE_SECONDS", 0.05)
        asked = asyncio.Event()

        async def never(_):
            asked.set()
            await asyncio.Event().wait()

        service = CscService(key)
        service.override["/csc/v1/credentials/authorize"] = never
        async with signed_in(service) as session:
            with pytest.raises(UserError) as caught:
                await session.poll(await signed(session))

        assert asked.is_set()
        assert caught.value.code == "phone_timeout"

    async def test_what_was_given_up_is_asked_about_no_more(self, signed_in, key, version):
        service = CscService(key, version=version)
        async with signed_in(service) as session:
            pending = await signed(session)
            await session.give_up(pending)
            before = len(service.requests)
            with pytest.raises(UserError) as caught:
                await session.poll(pending)

        assert caught.value.code == "phone_timeout"
        assert len(service.requests) == before

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("5", 5), ("0", 2), ("3600", 30), ("soon", 2), ("-1", 2), ("9" * 400, 2), ("", 2)],
    )
    async def test_the_service_says_when_to_ask_again_within_reason(
        self, signed_in, key, header, seconds
    ):
        async def underway(_):
            return web.json_response({"handle": "h"}, status=202, headers={"Retry-After": header})

        service = CscService(key, version="v2")
        service.override["/csc/v2/credentials/authorize"] = underway
        async with signed_in(service) as session:
            pending = await signed(session)

        assert pending.poll_after == seconds

    async def test_pin_and_phone_go_together(self, signed_in, key):
        key.asks = Asks(pin="2468", phone=True)
        service = CscService(key, version="v2")
        async with signed_in(service) as session:
            _, signatures = await waited_for(session, await signed(session, pin="2468"))

        assert len(signatures) == 1
        assert service.asked("credentials/authorize")[0]["authData"] == [
            {"id": "mobile"},
            {"id": "PIN", "value": "2468"},
        ]


class TestSignaturesThatAreNone:
    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"signatures": []},
            {"signatures": ["AAAA", "AAAA"]},
            {"signatures": [""]},
            {"signatures": ["?"]},
            {"signatures": ["A" * 10000]},
            {"signatures": "AAAA"},
            {"signatures": [None]},
            {"responseID": ""},
            [],
        ],
    )
    async def test_are_refused(self, signed_in, key, version, answer):
        async def nonsense(_):
            return web.json_response(answer)

        service = CscService(key, version=version)
        service.override[f"/csc/{version}/signatures/signHash"] = nonsense
        async with signed_in(service) as session:
            with pytest.raises(ServiceError) as caught:
                await signed(session, pin="2468", otp="135790")

        assert caught.value.code == "service_malformed"


async def test_nothing_that_a_session_hands_out_shows_a_secret(signed_in, key, version):
    service = CscService(key, version=version)
    async with signed_in(service) as session:
        (credential,) = await session.list_credentials()
        leave = await session.authorise(
            credential, items("a"), RSA256, pin=typed("2468"), otp=typed("135790")
        )
        (token,), (sad,) = service.tokens, service.sads
        shown = repr(leave) + repr(vars(session))

    for secret in ("2468", "135790", token, sad):
        assert secret not in shown


def test_what_waits_to_be_asked_shows_no_pin():
    leave = Leave(
        details=None, hashes=(), hash_algo="", pin="2468", otp="135790", description="tờ khai"
    )

    assert "2468" not in repr(leave)
    assert "135790" not in repr(leave)
