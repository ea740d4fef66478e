"""SmartCA's API and the gateway's as the sandbox plays them: hashes by document, then the thumb."""

import asyncio
import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_der_x509_certificate

from webui.sandbox.hsm.demo import PASSWORD, PHONE_ACCOUNT
from webui.sandbox.hsm.phone import Habits, State
from webui.sandbox.hsm.register import Service, Standing
from webui.sandbox.hsm.smartca import SP_ID

CALLER = {"sp_id": SP_ID, "sp_password": PASSWORD, "user_id": PHONE_ACCOUNT}
BASE = "/sca/sp769/v1"


def file(name: str, **changes: str) -> dict[str, str]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    told = {"doc_id": name, "data_to_be_signed": digest, "file_type": "xml", "sign_type": "hash"}
    return told | changes


async def ask(world: Any, path: str, **more: Any) -> dict[str, Any]:
    _, answer = await world.post(Service.SMARTCA, path, json=CALLER | more)
    return answer


async def begin(world: Any, *names: str) -> str:
    files = [file(name) for name in names]
    answer = await ask(world, f"{BASE}/signatures/sign", sign_files=files)
    number: str = answer["data"]["transaction_id"]
    return number


async def status(world: Any, number: str) -> dict[str, Any]:
    return await ask(world, f"{BASE}/signatures/sign/{number}/status")


def account(world: Any) -> Any:
    return world.sandbox.hsm.register.find(Service.SMARTCA, PHONE_ACCOUNT)


def touch(world: Any, answer: State) -> None:
    phone = world.sandbox.hsm.phone
    (waiting,) = phone.waiting()
    phone.touch(waiting.id, answer)


def verify(world: Any, signed: dict[str, str]) -> None:
    key = load_der_x509_certificate(account(world).credentials[0].certificate).public_key()
    value = base64.b64decode(signed["signature_value"])
    key.verify(value, signed["doc_id"].encode(), padding.PKCS1v15(), hashes.SHA256())


async def test_certificates_come_with_their_chain(world) -> None:
    answer = await ask(world, f"{BASE}/credentials/get_certificate")

    (told,) = answer["data"]["user_certificates"]
    assert base64.b64decode(told["cert_data"]) == account(world).credentials[0].certificate
    assert base64.b64decode(told["chain_data"]["ca_cert"]) == world.sandbox.authority.issuing


async def test_every_document_is_signed_after_the_thumb_and_not_before(world) -> None:
    number = await begin(world, "một.xml", "hai.xml")
    before = await status(world, number)
    touch(world, State.CONFIRMED)
    after = await status(world, number)

    assert before["data"] is None
    assert [one["doc_id"] for one in after["data"]["signatures"]] == ["một.xml", "hai.xml"]
    for one in after["data"]["signatures"]:
        verify(world, one)


async def test_a_refusal_on_the_phone_gives_no_signature(world) -> None:
    number = await begin(world, "một.xml")
    touch(world, State.REJECTED)

    answer = await status(world, number)

    assert (answer["message"], answer["data"]) == ("USER_REJECTED", None)


async def test_nobody_s_thumb_gives_none_either(world) -> None:
    world.sandbox.hsm.phone.habits = Habits(waiting_seconds=0)
    number = await begin(world, "một.xml")

    assert (await status(world, number))["message"] == "EXPIRED"


async def test_the_gateway_answers_when_the_user_has(world) -> None:
    asking = asyncio.create_task(ask(world, "/sign_v2/sign", sign_files=[file("một.xml")]))
    while not world.sandbox.hsm.phone.waiting():
        assert not asking.done(), asking.result()
        await asyncio.sleep(0.01)
    touch(world, State.CONFIRMED)

    (signed,) = (await asking)["data"]["signed_files"]
    verify(world, signed)


@pytest.mark.parametrize(
    "wrong", [{"sp_id": "another"}, {"sp_password": "wrong"}, {"user_id": "nobody"}]
)
async def test_a_stranger_is_told_nothing(world, wrong) -> None:
    answer = await ask(world, f"{BASE}/credentials/get_certificate", **wrong)

    assert (answer["status_code"], answer["message"]) == (401, "SP_CREDENTIAL_INVALID")


@pytest.mark.parametrize(
    "files",
    [
        [],
        [file("a", data_to_be_signed="00")],
        [file("a", data_to_be_signed="zz" * 32)],
        [file("a", sign_type="file")],
        [file("a"), file("a")],
    ],
    ids=["none", "short", "no hex", "no hash", "twice"],
)
async def test_what_is_no_hash_is_refused(world, files) -> None:
    answer = await ask(world, f"{BASE}/signatures/sign", sign_files=files)

    assert (answer["status_code"], answer["message"]) == (400, "BAD_REQUEST")
    assert world.sandbox.hsm.phone.waiting() == []


async def test_another_certificate_s_serial_number_signs_nothing(world) -> None:
    files = [file("a")]
    answer = await ask(world, f"{BASE}/signatures/sign", sign_files=files, serial_number="abc")

    assert answer["message"] == "CREDENTIAL_STATUS_INVALID"


async def test_an_account_without_signatures_left_is_told(world) -> None:
    account(world).standing = Standing.EMPTY_PURSE

    answer = await ask(world, f"{BASE}/signatures/sign", sign_files=[file("a")])

    assert answer["message"] == "QUOTA_EXCEEDED"


async def test_a_transaction_that_there_is_not_is_not_found(world) -> None:
    assert (await status(world, "nothing"))["status_code"] == 404
