import base64
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.cyberhsm import CyberHsm
from agent.hsm.cyberhsm.replies import CODES
from agent.hsm.cyberhsm.session import CREDENTIAL
from agent.hsm.provider import Login
from agent.keys import Confirmation, Mechanism, OtpKind
from agent.pin import Pin
from agent.secret import Secret
from tests.support.signing_services.cyberhsm import KEY, SECRET, CyberHsmService
from tests.support.signing_services.served import to_sign

RSA = Mechanism.RSA_PKCS1_SHA256


@pytest.fixture
async def service() -> AsyncIterator[CyberHsmService]:
    async with CyberHsmService() as running:
        yield running


def _pin(text: str) -> Pin:
    return Pin(bytearray(text.encode()))


async def test_the_account_s_certificate_is_listed(service: CyberHsmService) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    [credential] = await session.list_credentials()
    assert credential.certificate == service.holder.der
    assert credential.confirmation == Confirmation()
    assert credential.mechanisms == {RSA}
    assert await session.describe(credential.id) == credential


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_certificate_in_json_is_one_too(service: CyberHsmService, wrapped: bool) -> None:
    text = base64.encodebytes(service.holder.der).decode()
    answer = web.json_response({"status": 0, "obj": text} if wrapped else text)
    session = await CyberHsm().sign_in(service.door, service.login())
    service.instead["/api/account/endcert"] = answer
    [credential] = await session.list_credentials()
    assert credential.certificate == service.holder.der


async def test_each_message_is_signed_in_order(service: CyberHsmService) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    credential = await session.describe(CREDENTIAL)
    items = [to_sign("một"), to_sign("hai"), to_sign("ba")]
    leave = await session.authorise(credential, items, RSA, pin=None, otp=None)
    signatures = await session.sign_hashes(leave)
    assert isinstance(signatures, tuple)
    key = service.holder.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    for item, signature in zip(items, signatures, strict=True):
        key.verify(signature, item.message, padding.PKCS1v15(), hashes.SHA256())


async def test_a_hash_of_something_else_than_the_message_is_refused(
    service: CyberHsmService,
) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    credential = await session.describe(CREDENTIAL)
    item = replace(to_sign(), digest=hashlib.sha256(b"other").digest())
    asked = len(service.seen)
    with pytest.raises(UserError, match="certificate_unsuitable"):
        await session.authorise(credential, [item], RSA, pin=None, otp=None)
    with pytest.raises(UserError, match="certificate_unsuitable"):
        await session.authorise(
            credential, [to_sign()], Mechanism.RSA_PKCS1_SHA512, pin=None, otp=None
        )
    assert len(service.seen) == asked


async def test_more_than_the_service_puts_up_with_is_refused(service: CyberHsmService) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    credential = await session.describe(CREDENTIAL)
    with pytest.raises(UserError, match="service_batch"):
        await session.authorise(credential, [to_sign()] * 51, RSA, pin=None, otp=None)


async def test_a_cms_message_over_a_digest(service: CyberHsmService) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    digest = hashlib.sha256(b"a document").digest()
    made = cms.ContentInfo.load(await session.cms(digest))
    [signer] = made["content"]["signer_infos"]
    assert signer["signature"].native == service.holder.sign(digest)


async def test_a_cms_message_that_is_none_is_malformed(service: CyberHsmService) -> None:
    path = "/api/v2/pdf/sign/hashdata"
    session = await CyberHsm().sign_in(service.door, service.login())
    service.instead[path] = web.json_response({"status": 0, "obj": "MAMCAQA="})
    with pytest.raises(ServiceError, match="service_malformed"):
        await session.cms(bytes(32))


async def test_a_wrong_secret_is_told_as_such_and_sent_once(service: CyberHsmService) -> None:
    login = Login(name=KEY, password=Secret("V1JPTkcgU0VDUkVU"))
    with pytest.raises(UserError) as raised:
        await CyberHsm().sign_in(service.door, login)
    assert raised.value.code == "account_refused"
    assert not raised.value.details
    assert len(service.seen) == 1


@pytest.mark.parametrize("off", [timedelta(minutes=-10), timedelta(hours=7)])
async def test_a_refusal_with_the_clocks_apart_is_put_down_to_the_clock(
    service: CyberHsmService, off: timedelta
) -> None:
    service.clock = off
    with pytest.raises(UserError) as raised:
        await CyberHsm().sign_in(service.door, service.login())
    assert raised.value.code == "service_clock"
    assert raised.value.details == {"host": service.door.host}


@pytest.mark.parametrize("status", [*CODES, 9999, -1])
async def test_every_status_code_is_one_of_ours(service: CyberHsmService, status: int) -> None:
    service.status["/api/account/info"] = status
    with pytest.raises(AgentError) as raised:
        await CyberHsm().sign_in(service.door, service.login())
    expected = {7000: "account_otp"}.get(status, CODES.get(status, "service_failed"))
    assert raised.value.code == expected
    assert "STRANGER" not in repr(raised.value.details)


async def test_an_account_without_a_certificate_has_none(service: CyberHsmService) -> None:
    service.status["/api/account/endcert"] = 101
    session = await CyberHsm().sign_in(service.door, service.login())
    assert await session.list_credentials() == ()
    with pytest.raises(UserError, match="certificate_not_found"):
        await session.describe(CREDENTIAL)


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>hello</html>"),
        web.Response(text=""),
        web.json_response({"status": 0, "obj": "no certificate here"}),
        web.Response(body=bytes(range(256))),
    ],
    ids=["page", "empty", "json", "binary"],
)
async def test_what_is_no_certificate_is_malformed(
    service: CyberHsmService, answer: web.Response
) -> None:
    session = await CyberHsm().sign_in(service.door, service.login())
    service.instead["/api/account/endcert"] = answer
    with pytest.raises(ServiceError, match="service_malformed"):
        await session.list_credentials()


async def test_an_otp_by_sms_is_sent_on_demand_and_goes_with_the_signing_request(
    service: CyberHsmService,
) -> None:
    service.otp = "246810"
    session = await CyberHsm().sign_in(service.door, service.login(otp="sms"))
    credential = await session.describe(CREDENTIAL)
    assert credential.confirmation.otp is OtpKind.SENT
    assert credential.most_hashes == 1
    await session.send_otp(credential)
    assert service.otps_sent == 1
    otp = _pin("246810")
    leave = await session.authorise(credential, [to_sign()], RSA, pin=None, otp=otp)
    assert "246810" not in repr(leave)
    with pytest.raises(ValueError, match="once"):
        otp.consume()
    assert isinstance(await session.sign_hashes(leave), tuple)
    with_otp = [s for s in service.seen if "otp" in s["headers"]]
    assert [s["path"] for s in with_otp] == ["/api/bin/sign/base64"]


async def test_a_wrong_otp_is_told_and_not_sent_again(service: CyberHsmService) -> None:
    service.otp = "246810"
    session = await CyberHsm().sign_in(service.door, service.login(otp="app"))
    credential = await session.describe(CREDENTIAL)
    assert credential.confirmation.otp is OtpKind.GENERATED
    leave = await session.authorise(credential, [to_sign()], RSA, pin=None, otp=_pin("111111"))
    asked = len(service.seen)
    with pytest.raises(UserError, match="otp_incorrect"):
        await session.sign_hashes(leave)
    assert len(service.seen) == asked + 1


async def test_an_account_that_needs_an_otp_says_so_when_none_was_asked_for(
    service: CyberHsmService,
) -> None:
    service.otp = "246810"
    session = await CyberHsm().sign_in(service.door, service.login())
    credential = await session.describe(CREDENTIAL)
    leave = await session.authorise(credential, [to_sign()], RSA, pin=None, otp=None)
    with pytest.raises(UserError, match="account_otp"):
        await session.sign_hashes(leave)


@pytest.mark.parametrize("typed", ["", "12 34", "1\r\nX: 1", "mã-OTP", "1" * 33])
async def test_what_can_be_no_otp_is_not_sent(service: CyberHsmService, typed: str) -> None:
    session = await CyberHsm().sign_in(service.door, service.login(otp="app"))
    credential = await session.describe(CREDENTIAL)
    with pytest.raises(UserError, match="otp_incorrect"):
        await session.authorise(credential, [to_sign()], RSA, pin=None, otp=_pin(typed))


async def test_it_is_recognised_without_any_secret(service: CyberHsmService) -> None:
    assert await CyberHsm().recognise(service.door)
    assert "Authorization" not in service.seen[0]["headers"]
    service.secret = SECRET
    for answer in (web.json_response({"error": "x"}), web.Response(text="hi", status=404)):
        service.instead["/api/account/info"] = answer
        service._authentic = lambda *_: True  # type: ignore[method-assign]
        assert not await CyberHsm().recognise(service.door)


async def test_nothing_secret_is_logged(
    service: CyberHsmService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.otp = "246810"
    session = await CyberHsm().sign_in(service.door, service.login(otp="app"))
    credential = await session.describe(CREDENTIAL)
    for typed in ("999111", "246810"):
        leave = await session.authorise(credential, [to_sign()], RSA, pin=None, otp=_pin(typed))
        with contextlib.suppress(UserError):
            await session.sign_hashes(leave)
    for secret in (SECRET, "246810", "999111", "HmacSHA256"):
        assert secret not in caplog.text
