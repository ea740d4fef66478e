import asyncio
import base64
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.provider import Credential, Login, Pending
from agent.hsm.smartca import Neac, SmartCa
from agent.hsm.smartca.session import SmartCaSession
from agent.hsm.smartca.shapes import NEAC, SMARTCA
from agent.keys import Confirmation, Mechanism
from agent.secret import Secret
from tests.support.pki import Holder
from tests.support.signing_services.served import CA, ROOT, to_sign
from tests.support.signing_services.smartca import SP_ID, SP_PASSWORD, USER, SmartCaService

RSA = Mechanism.RSA_PKCS1_SHA256
ITEMS = [to_sign("một", "Tờ khai.xml"), to_sign("hai", "Tờ khai.xml"), to_sign("ba", "d.pdf")]


@pytest.fixture
async def service() -> AsyncIterator[SmartCaService]:
    async with SmartCaService() as running:
        yield running


@pytest.fixture
async def gateway() -> AsyncIterator[SmartCaService]:
    async with SmartCaService(NEAC) as running:
        yield running


async def _signed_in(service: SmartCaService) -> tuple[SmartCaSession, Credential]:
    provider = Neac() if service.shape is NEAC else SmartCa()
    session = await provider.sign_in(service.door, service.login())
    [credential] = await session.list_credentials()
    return session, credential


async def _asked(service: SmartCaService) -> tuple[SmartCaSession, Pending]:
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


async def test_a_certificate_comes_with_its_chain_and_the_phone(service: SmartCaService) -> None:
    session, credential = await _signed_in(service)
    assert credential.certificate == service.holder.der
    assert credential.chain == (CA.der, ROOT.der)
    assert credential.confirmation == Confirmation(phone=True)
    assert credential.enabled
    assert await session.describe(credential.id) == credential
    with pytest.raises(UserError, match="certificate_not_found"):
        await session.describe("another")


async def test_signatures_come_in_our_order_once_the_user_has_confirmed(
    service: SmartCaService,
) -> None:
    session, pending = await _asked(service)
    again = await session.poll(pending)
    assert isinstance(again, Pending)
    assert 0 < again.seconds <= SMARTCA.seconds
    service.decide("yes")
    _verify(service.holder, await session.poll(again))
    with pytest.raises(UserError, match="phone_timeout"):
        await session.poll(again)


async def test_the_phone_shows_what_is_signed(service: SmartCaService) -> None:
    await _asked(service)
    [transaction] = service.transactions.values()
    assert transaction.description == "Tờ khai.xml (+2)"
    assert [(f["doc_id"], f["file_type"]) for f in transaction.files] == [
        ("1-To-khai.xml", "xml"),
        ("2-To-khai.xml", "xml"),
        ("3-d.pdf", "pdf"),
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("SIGNER_REJECTED", "phone_rejected"),
        ("Người dùng từ chối ký", "phone_rejected"),
        ("EXPIRED", "phone_timeout"),
        ("Giao dịch đã hết hạn", "phone_timeout"),
        ("QUOTA_EXCEEDED", "account_quota"),
        ("Tài khoản đã hết lượt ký", "account_quota"),
        ("SIGN_FAILED", "service_failed"),
    ],
)
async def test_refused_timed_out_and_used_up_are_different(
    service: SmartCaService, said: str, code: str
) -> None:
    session, pending = await _asked(service)
    service.decide(said)
    with pytest.raises(AgentError) as raised:
        await session.poll(pending)
    assert raised.value.code == code
    assert said not in repr(raised.value.details)


async def test_an_account_that_may_not_sign_is_told_before_any_phone_rings(
    service: SmartCaService,
) -> None:
    session, credential = await _signed_in(service)
    leave = await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)
    for said, code in (
        ((403, "CREDENTIAL_STATUS_INVALID"), "account_blocked"),
        ((400, "Vượt quá quota"), "account_quota"),
        ((500, "SERVER_INTERNAL_ERROR"), "service_failed"),
    ):
        service.at_sign = said
        with pytest.raises(AgentError) as raised:
            await session.sign_hashes(leave)
        assert raised.value.code == code


@pytest.mark.parametrize(
    "login",
    [
        Login(name=USER, password=Secret("wrong"), fields={"sp_id": SP_ID}),
        Login(name="0", password=Secret(SP_PASSWORD), fields={"sp_id": SP_ID}),
        Login(name=USER, password=Secret(SP_PASSWORD), fields={"sp_id": "other"}),
        Login(name=USER, password=Secret(SP_PASSWORD), fields={}),
        Login(name=" ", password=Secret(SP_PASSWORD), fields={"sp_id": SP_ID}),
    ],
)
async def test_a_wrong_account_is_refused(service: SmartCaService, login: Login) -> None:
    with pytest.raises(UserError, match="account_refused"):
        await SmartCa().sign_in(service.door, login)


@pytest.mark.parametrize(
    ("said", "enabled"),
    [
        ("đang hoạt động", True),
        ("ACTIVE", True),
        ("không hoạt động", False),
        ("Đã thu hồi", False),
        ("hết hạn", False),
        ("tạm dừng", False),
        ("REVOKED", False),
    ],
)
async def test_a_certificate_that_is_put_to_rest_signs_nothing(
    service: SmartCaService, said: str, enabled: bool
) -> None:
    service.cert_status = said
    session, credential = await _signed_in(service)
    assert credential.enabled is enabled
    if not enabled:
        with pytest.raises(UserError, match="certificate_unsuitable"):
            await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)


async def test_other_schemes_and_too_many_documents_are_refused(service: SmartCaService) -> None:
    session, credential = await _signed_in(service)
    with pytest.raises(UserError, match="certificate_unsuitable"):
        await session.authorise(credential, ITEMS, Mechanism.RSA_PSS_SHA256, pin=None, otp=None)
    with pytest.raises(UserError, match="service_batch"):
        await session.authorise(credential, ITEMS * 17, RSA, pin=None, otp=None)


async def test_signatures_that_are_missing_or_too_many_are_malformed(
    service: SmartCaService,
) -> None:
    session, pending = await _asked(service)
    good = base64.b64encode(bytes(256)).decode()
    names = ("1-To-khai.xml", "2-To-khai.xml", "3-d.pdf", "4-more.pdf")
    for count in (1, 2, 4):
        signed = [{"doc_id": n, "signature_value": good} for n in names[:count]]
        answer = {"status_code": 200, "message": "SUCCESS", "data": {"signatures": signed}}
        [name] = service.transactions
        service.instead[SMARTCA.status.format(name)] = web.json_response(answer)
        with pytest.raises(ServiceError, match="service_malformed"):
            await session.poll(pending)


@pytest.mark.parametrize("name", ["../../../admin", "a/b", "a?b", "a" * 101, "", "%2e"])
async def test_a_transaction_s_name_never_becomes_another_path(
    service: SmartCaService, name: str
) -> None:
    session, credential = await _signed_in(service)
    leave = await session.authorise(credential, ITEMS, RSA, pin=None, otp=None)
    answer = {"status_code": 200, "message": "", "data": {"transaction_id": name}}
    service.instead[SMARTCA.sign] = web.json_response(answer)
    if not name:  # not told: ours
        assert isinstance(await session.sign_hashes(leave), Pending)
        return
    with pytest.raises(ServiceError, match="service_malformed"):
        await session.sign_hashes(leave)


async def test_given_up_is_not_asked_for_again(service: SmartCaService) -> None:
    session, pending = await _asked(service)
    await session.give_up(pending)
    with pytest.raises(UserError, match="phone_timeout"):
        await session.poll(pending)
    assert service.polls == 0


async def test_they_are_recognised_without_any_secret(
    service: SmartCaService, gateway: SmartCaService
) -> None:
    assert await SmartCa().recognise(service.door)
    assert await Neac().recognise(gateway.door)
    service.instead[SMARTCA.certificates] = web.Response(text="hello", status=404)
    assert not await SmartCa().recognise(service.door)


async def test_the_gateway_is_asked_while_the_user_already_sees_the_countdown(
    gateway: SmartCaService,
) -> None:
    session, pending = await _asked(gateway)
    assert pending.poll_after == 0.0
    assert not gateway.transactions
    answer = asyncio.create_task(session.poll(pending))
    while not gateway.transactions:
        await asyncio.sleep(0)
    gateway.decide("yes")
    _verify(gateway.holder, await answer)


async def test_the_gateway_may_also_answer_at_once_and_be_asked_again(
    gateway: SmartCaService,
) -> None:
    session, pending = await _asked(gateway)
    waiting = {"status_code": 200, "message": "", "data": {"transaction_id": "CA101003"}}
    gateway.instead[NEAC.sign] = web.json_response(waiting)
    later = await session.poll(pending)
    assert isinstance(later, Pending)
    assert later.poll_after == NEAC.poll_after
    gateway.instead[NEAC.status.format("CA101003")] = web.json_response(
        {"status_code": 200, "message": "SIGNER_REJECTED", "data": None}
    )
    with pytest.raises(UserError, match="phone_rejected"):
        await session.poll(later)


async def test_nothing_secret_is_logged_or_printed(
    service: SmartCaService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session, _pending = await _asked(service)
    assert SP_PASSWORD not in caplog.text
    assert SP_PASSWORD not in repr(session._caller)
    assert SP_PASSWORD not in repr(session._request(_leave(await _signed_in(service))))


def _leave(pair: tuple[SmartCaSession, Credential]) -> object:
    from agent.hsm.provider import Authorisation

    return Authorisation(credential=pair[1], items=tuple(ITEMS), mechanism=RSA)
