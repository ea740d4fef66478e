import asyncio
import json

import pytest
from aiohttp import web

from agent.errors import ServiceError, UserError
from agent.hsm.csc import catalogue
from agent.keys import Confirmation, Mechanism, OtpKind
from tests.support.csc_service import EC, PSS, RSA, Asks, CscService, Key

RSA_PKCS1 = {
    Mechanism.RSA_PKCS1_SHA256,
    Mechanism.RSA_PKCS1_SHA384,
    Mechanism.RSA_PKCS1_SHA512,
}


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


async def test_a_credential_is_told_with_its_chain(signed_in, certificates, version):
    key = Key(holder=certificates.company, chain=certificates.chain, asks=Asks(pin="2468"))
    async with signed_in(CscService(key, version=version)) as session:
        (found,) = await session.list_credentials()

        assert await session.describe(found.id) == found

    assert found.id == key.id
    assert found.certificate == certificates.company.der
    assert found.chain == certificates.chain
    assert found.enabled
    assert found.confirmation == Confirmation(pin=True)
    assert found.mechanisms == RSA_PKCS1
    assert found.most_hashes == 5


async def test_v2_needs_one_request_for_all(signed_in, certificates):
    keys = [Key(holder=certificates.company, id=str(n)) for n in range(7)]
    service = CscService(*keys, version="v2")
    async with signed_in(service) as session:
        found = await session.list_credentials()

    assert [credential.id for credential in found] == [key.id for key in keys]
    assert not service.asked("credentials/info")


async def test_v1_is_turned_page_by_page(signed_in, certificates):
    keys = [Key(holder=certificates.company, id=str(n)) for n in range(7)]
    service = CscService(*keys)
    async with signed_in(service) as session:
        found = await session.list_credentials()

    assert [credential.id for credential in found] == [key.id for key in keys]
    assert [asked.get("pageToken") for asked in service.asked("credentials/list")] == [
        None, "2", "4", "6",
    ]  # fmt: skip


async def test_pages_without_an_end_are_given_up(signed_in):
    turned = 0

    async def endless(_):
        nonlocal turned
        turned += 1
        return web.json_response({"credentialIDs": [], "nextPageToken": str(turned)})

    service = CscService()
    async with signed_in(service) as session:
        service.override["/csc/v1/credentials/list"] = endless
        with pytest.raises(ServiceError) as caught:
            await session.list_credentials()

    assert caught.value.code == "service_malformed"
    assert turned == 20


async def test_more_credentials_than_anybody_has_are_given_up(signed_in):
    async def many(_):
        return web.json_response({"credentialIDs": [str(n) for n in range(1000)]})

    service = CscService(Key(holder=None))
    async with signed_in(service) as session:
        service.override["/csc/v1/credentials/list"] = many
        service.override["/csc/v1/credentials/info"] = without_certificate
        with pytest.raises(ServiceError) as caught:
            await session.list_credentials()

    assert caught.value.code == "service_malformed"
    assert len(service.asked("credentials/info")) == 100


async def without_certificate(_):
    return web.json_response({"key": {"status": "enabled"}, "authMode": "explicit"})


async def unreadable_certificate(_):
    said = {"key": {"status": "enabled"}, "authMode": "explicit"}
    return web.json_response(said | {"cert": {"certificates": ["MAA="]}})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (without_certificate, "certificate_not_found"),
        (unreadable_certificate, "certificate_unsuitable"),
    ],
)
async def test_a_key_without_a_certificate_is_no_credential(signed_in, certificates, answer, code):
    service = CscService(Key(holder=certificates.company))
    async with signed_in(service) as session:
        service.override["/csc/v1/credentials/info"] = answer

        assert await session.list_credentials() == ()
        with pytest.raises(UserError) as caught:
            await session.describe("GX0112348")

    assert caught.value.code == code


async def test_a_credential_that_has_gone_is_not_found(signed_in, certificates, version):
    async with signed_in(CscService(version=version)) as session:
        with pytest.raises(UserError) as caught:
            await session.describe("GX0112348")

    assert caught.value.code == "certificate_not_found"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "disabled"},
        {"cert_status": "revoked"},
        {"cert_status": "suspended"},
        {"mode": "oauth2code"},
        {"mode": "tomorrow"},
    ],
)
async def test_what_nobody_can_sign_with_here_is_not_enabled(
    signed_in, certificates, version, change
):
    key = Key(holder=certificates.company, **change)
    async with signed_in(CscService(key, version=version)) as session:
        (found,) = await session.list_credentials()

    assert not found.enabled


async def test_an_expired_certificate_is_left_to_those_who_judge_certificates(
    signed_in, certificates, version
):
    key = Key(holder=certificates.company, cert_status="expired")
    async with signed_in(CscService(key, version=version)) as session:
        (found,) = await session.list_credentials()

    assert found.enabled


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (Asks(), Confirmation()),
        (Asks(pin="1"), Confirmation(pin=True)),
        (
            Asks(pin="1", otp="2"),
            Confirmation(pin=True, otp=OtpKind.SENT, otp_label="Mã OTP qua SMS"),
        ),
        (Asks(phone=True), Confirmation(phone=True)),
    ],
)
async def test_what_is_asked_of_the_user_is_known_beforehand(
    signed_in, certificates, version, asks, expected
):
    key = Key(holder=certificates.company, asks=asks)
    async with signed_in(CscService(key, version=version)) as session:
        (found,) = await session.list_credentials()

    assert found.confirmation == expected


@pytest.mark.parametrize(
    ("algos", "expected"),
    [
        ((RSA,), RSA_PKCS1),
        (("1.2.840.113549.1.1.11",), {Mechanism.RSA_PKCS1_SHA256}),
        (
            (PSS,),
            {Mechanism.RSA_PSS_SHA256, Mechanism.RSA_PSS_SHA384, Mechanism.RSA_PSS_SHA512},
        ),
        ((EC,), {Mechanism.ECDSA_SHA256, Mechanism.ECDSA_SHA384, Mechanism.ECDSA_SHA512}),
        (("1.2.840.10045.4.3.3",), {Mechanism.ECDSA_SHA384}),
        (("1.2.840.113549.1.1.5", "0.4.0.127.0.7.1.1.4.1.3"), set()),
    ],
)
async def test_what_a_key_does_is_told_by_its_algorithms(signed_in, certificates, algos, expected):
    async with signed_in(CscService(Key(holder=certificates.company, algos=algos))) as session:
        (found,) = await session.list_credentials()

    assert found.mechanisms == expected


@pytest.mark.parametrize(
    ("said", "most"), [(1, 1), (25, 25), ("25", 25), (0, 1), (-3, 1), ("vô số", 1), (10**9, 100)]
)
async def test_how_many_hashes_go_at_once_is_bounded_both_ways(signed_in, certificates, said, most):
    async with signed_in(CscService(Key(holder=certificates.company, multisign=said))) as session:
        (found,) = await session.list_credentials()

    assert found.most_hashes == most


async def test_line_breaks_in_base64_are_forgiven(signed_in, certificates):
    service = CscService(Key(holder=certificates.company))

    async def wrapped(request):
        said = service.described(service.keys["GX0112348"], {"certificates": "chain"})
        text = said["cert"]["certificates"][0]
        said["cert"]["certificates"] = ["\r\n".join([text[:64], text[64:], ""])]
        return web.Response(text=json.dumps(said), content_type="application/json")

    async with signed_in(service) as session:
        service.override["/csc/v1/credentials/info"] = wrapped
        found = await session.describe("GX0112348")

    assert found.certificate == certificates.company.der


async def test_a_list_that_takes_too_long_is_given_up(signed_in, certificates, monkeypatch):
    monkeypatch.setattr(catalogue, "_SECONDS", 0.05)

    async def never(_):
        await asyncio.Event().wait()

    service = CscService(Key(holder=certificates.company))
    async with signed_in(service) as session:
        service.override["/csc/v1/credentials/info"] = never
        with pytest.raises(ServiceError) as caught:
            await session.list_credentials()

    assert caught.value.code == "service_timeout"


async def test_a_credential_that_is_listed_twice_is_one(signed_in, certificates):
    async def twice(_):
        return web.json_response({"credentialIDs": ["GX0112348", "GX0112348"]})

    service = CscService(Key(holder=certificates.company), version="v2")
    async with signed_in(service) as session:
        service.override["/csc/v2/credentials/list"] = twice

        assert len(await session.list_credentials()) == 1

    # v2 that lists ids alone is asked for each, as v1.
    assert len(service.asked("credentials/info")) == 1


async def test_an_unreadable_authority_is_left_out_of_the_chain(signed_in, certificates):
    key = Key(holder=certificates.company, chain=(b"0", certificates.ca.der))
    async with signed_in(CscService(key)) as session:
        (found,) = await session.list_credentials()

    assert found.chain == (certificates.ca.der,)
