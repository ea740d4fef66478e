import base64
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.mysign import MySign
from agent.hsm.mysign.session import MySignSession
from agent.hsm.provider import Credential, Login, Pending
from agent.keys import Confirmation, Mechanism
from agent.secret import Secret
from tests.support.pki import DAY, MST, NOW, Holder
from tests.support.signing_services.mysign import (
    CLIENT,
    CLIENT_SECRET,
    CREDENTIAL,
    USER,
    MySignService,
)
from tests.support.signing_services.served import CA, ROOT, to_sign

RSA = Mechanism.RSA_PKCS1_SHA256
ITEMS = [to_sign("một", "Tờ khai số 05/SĐ.xml"), to_sign("hai", "x" * 300), to_sign("ba", "文")]


@pytest.fixture
async def service() -> AsyncIterator[MySignService]:
    async with MySignService() as running:
        yield running


async def _signed_in(service: MySignService) -> tuple[MySignSession, Credential]:
    session = await MySign().sign_in(service.door, service.login())
    [credential] = await session.list_credentials()
    return session, credential


async def _asked(service: MySignService) -> tuple[MySignSession, Pending]:
    session, credential = await _signed_in(service)
    leave = await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)
    pending = await session.sign_hashes(leave)
    assert isinstance(pending, Pending)
    return session, pending


def _verify(holder: Holder, signatures: object) -> None:
    assert isinstance(signatures, tuple)
    key = holder.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    for item, signature in zip(ITEMS, signatures, strict=True):
        key.verify(signature, item.message, padding.PKCS1v15(), hashes.SHA256())


async def test_a_certificate_comes_with_its_chain_and_the_phone(service: MySignService) -> None:
    session, credential = await _signed_in(service)
    assert credential.id == CREDENTIAL
    assert credential.certificate == service.holder.der
    assert credential.chain == (CA.der, ROOT.der)
    assert credential.confirmation == Confirmation(phone=True)
    assert credential.most_hashes == 100
    assert await session.describe(CREDENTIAL) == credential
    with pytest.raises(UserError, match="certificate_not_found"):
        await session.describe("another")


@pytest.mark.parametrize("waiting", [4000, "4000", 6000, "6000", "0"])
async def test_signatures_come_once_the_user_has_confirmed(
    service: MySignService, waiting: int | str
) -> None:
    session, pending = await _asked(service)
    assert (pending.seconds, pending.poll_after) == (120.0, 2.0)
    service.status = waiting
    again = await session.poll(pending)
    assert isinstance(again, Pending)
    service.status = "1"
    _verify(service.holder, await session.poll(again))
    with pytest.raises(UserError, match="phone_timeout"):
        await session.poll(again)


async def test_a_service_that_signs_at_once_is_understood(service: MySignService) -> None:
    service.signs_at_once = True
    session, credential = await _signed_in(service)
    leave = await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)
    _verify(service.holder, await session.sign_hashes(leave))


async def test_names_are_made_as_plain_and_short_as_the_service_wants(
    service: MySignService,
) -> None:
    await _asked(service)
    [asked] = service.transactions.values()
    names = [base64.b64decode(d["document_name"]).decode() for d in asked["documents"]]
    assert names == ["To-khai-so-05-SD-xml", "x" * 72, "document"]
    assert base64.b64decode(asked["description"]).decode() == "To-khai-so-05-SD-xml-2"
    assert len({d["document_id"] for d in asked["documents"]}) == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (4001, "phone_timeout"),
        ("4002", "phone_rejected"),
        (4004, "service_failed"),
        (4005, "account_quota"),
        (13004, "certificate_revoked"),
        (50000, "service_failed"),
        (77777, "service_failed"),
        ("", "service_malformed"),
    ],
)
async def test_each_ending_has_its_own_code(
    service: MySignService, status: int | str, code: str
) -> None:
    session, pending = await _asked(service)
    service.status = status
    with pytest.raises(AgentError) as raised:
        await session.poll(pending)
    assert raised.value.code == code


async def test_ended_is_expired_where_the_certificate_says_so(service: MySignService) -> None:
    service.holder = CA.issue("HẾT HẠN", mst=MST, not_after=NOW - DAY)
    session, pending = await _asked(service)
    service.status = 13004
    with pytest.raises(UserError, match="certificate_expired"):
        await session.poll(pending)


@pytest.mark.parametrize(
    "login",
    [
        Login(name=USER, password=Secret("wrong"), fields={"client_id": CLIENT}),
        Login(name="CMT_0", password=Secret(CLIENT_SECRET), fields={"client_id": CLIENT}),
        Login(name=USER, password=Secret(CLIENT_SECRET), fields={"client_id": "other"}),
        Login(name=USER, password=Secret(CLIENT_SECRET), fields={}),
        Login(
            name=USER,
            password=Secret(CLIENT_SECRET),
            fields={"client_id": CLIENT, "profile_id": "other"},
        ),
    ],
)
async def test_a_wrong_account_is_refused(service: MySignService, login: Login) -> None:
    with pytest.raises(UserError, match="account_refused"):
        await MySign().sign_in(service.door, login)


async def test_a_token_that_is_over_is_no_wrong_password(service: MySignService) -> None:
    session, credential = await _signed_in(service)
    service.token = "another"
    leave = await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)
    with pytest.raises(ServiceError, match="service_failed"):
        await session.sign_hashes(leave)


@pytest.mark.parametrize("token", ["a b", "a\r\nX: 1", "mã", ""])
async def test_a_token_that_fits_no_header_is_malformed(service: MySignService, token: str) -> None:
    service.instead["ras/v1/login"] = web.json_response({"access_token": token})
    with pytest.raises(ServiceError, match="service_malformed"):
        await MySign().sign_in(service.door, service.login())


@pytest.mark.parametrize("status", ["revoked", "suspended", "expired"])
async def test_a_certificate_that_is_not_valid_signs_nothing(
    service: MySignService, status: str
) -> None:
    service.cert_status = status
    session, credential = await _signed_in(service)
    assert not credential.enabled
    with pytest.raises(UserError, match="certificate_unsuitable"):
        await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)


@pytest.mark.parametrize(
    ("said", "most"), [("1", 1), (5, 5), ("many", 1), (None, 1), (0, 1), ("9" * 13, 1)]
)
async def test_no_more_hashes_than_the_service_says(
    service: MySignService, said: Any, most: int
) -> None:
    service.multisign = said
    session, credential = await _signed_in(service)
    assert credential.most_hashes == most
    with pytest.raises(UserError, match="service_batch"):
        await session.authorise(credential, [to_sign()] * (most + 1), RSA, pin=None, otp=None)


@pytest.mark.parametrize("signatures", [[], ["AAAA"], ["AAAA"] * 4, ["AAAA", "", "AAAA"], None])
async def test_signatures_that_are_missing_or_too_many_are_malformed(
    service: MySignService, signatures: Any
) -> None:
    session, pending = await _asked(service)
    service.instead["requests/status"] = web.json_response(
        {"status": "1", "signatures": signatures}
    )
    with pytest.raises(ServiceError, match="service_malformed"):
        await session.poll(pending)


async def test_it_is_recognised_without_any_secret(service: MySignService) -> None:
    assert await MySign().recognise(service.door)
    for answer in (web.Response(text="x", status=404), web.json_response({}, status=400)):
        service.instead["ras/v1/login"] = answer
        assert not await MySign().recognise(service.door)


async def test_nothing_secret_is_logged_or_printed(
    service: MySignService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session, pending = await _asked(service)
    for secret in (CLIENT_SECRET, service.token):
        assert secret not in caplog.text
        assert secret not in repr((session._account, session._token, pending))
