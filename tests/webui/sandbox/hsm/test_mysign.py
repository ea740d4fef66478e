"""MySign's API as the sandbox plays it: a token, hashes with documents' names, then the thumb."""

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_der_x509_certificate

from webui.sandbox.hsm.demo import PASSWORD, PHONE_ACCOUNT
from webui.sandbox.hsm.mysign import CLIENT_ID, PROFILE
from webui.sandbox.hsm.phone import Habits, State
from webui.sandbox.hsm.register import Service, Standing

LOGIN = {
    "client_id": CLIENT_ID,
    "client_secret": PASSWORD,
    "profile_id": PROFILE,
    "user_id": PHONE_ACCOUNT,
}
SHA256, RSA = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def request(*names: str, **changes: Any) -> dict[str, Any]:
    told = {
        "credentialID": "mysign-1",
        "numSignatures": len(names),
        "documents": [
            {"document_id": str(number), "document_name": encoded(name.encode())}
            for number, name in enumerate(names)
        ],
        "hash": [encoded(hashlib.sha256(name.encode()).digest()) for name in names],
        "hashAlgo": SHA256,
        "signAlgo": RSA,
        "async": 1,
        "description": encoded("Ký".encode()),
    }
    return told | changes


class Client:
    def __init__(self, world: Any, token: str) -> None:
        self.world, self.token = world, token

    async def ask(self, path: str, **body: Any) -> tuple[int, Any]:
        said = {"Authorization": f"Bearer {self.token}"}
        path = f"/vtss/service/{path}"
        return await self.world.post(Service.MYSIGN, path, json=body, headers=said)

    async def begin(self, *names: str) -> str:
        _, answer = await self.ask("signHash", **request(*names))
        number: str = answer["transactionId"]
        return number

    async def status(self, number: str) -> dict[str, Any]:
        _, answer = await self.ask("requests/status", transactionId=number)
        return answer

    @property
    def account(self) -> Any:
        return self.world.sandbox.hsm.register.find(Service.MYSIGN, PHONE_ACCOUNT)

    def touch(self, answer: State) -> None:
        phone = self.world.sandbox.hsm.phone
        (waiting,) = phone.waiting()
        phone.touch(waiting.id, answer)


@pytest.fixture
async def client(world) -> Client:
    status, told = await world.post(Service.MYSIGN, "/vtss/service/ras/v1/login", json=LOGIN)
    assert status == 200
    return Client(world, told["access_token"])


async def test_a_certificate_is_told_with_its_chain_and_by_its_name(client) -> None:
    _, (told,) = await client.ask("certificates/info", certificates="chain")
    _, named = await client.ask("ras/csc/v1/credentials/list")

    leaf, issuer = map(base64.b64decode, told["cert"]["certificates"])
    assert leaf == client.account.credentials[0].certificate
    assert issuer == client.world.sandbox.authority.issuing
    assert named["credentialIDs"] == [told["credential_id"]]


async def test_every_hash_is_signed_after_the_thumb_and_not_before(client) -> None:
    number = await client.begin("một", "hai")
    before = await client.status(number)
    assert client.world.sandbox.hsm.phone.waiting()[0].documents == ("một", "hai")
    client.touch(State.CONFIRMED)
    after = await client.status(number)

    assert (before["status"], after["status"]) == (4000, 1)
    key = load_der_x509_certificate(client.account.credentials[0].certificate).public_key()
    for name, value in zip(("một", "hai"), after["signatures"], strict=True):
        signature = base64.b64decode(value)
        key.verify(signature, name.encode(), padding.PKCS1v15(), hashes.SHA256())


async def test_a_refusal_and_nobody_s_thumb_give_no_signature(client) -> None:
    refused = await client.begin("một")
    client.touch(State.REJECTED)
    client.world.sandbox.hsm.phone.habits = Habits(waiting_seconds=0)
    missed = await client.begin("hai")

    answers = [await client.status(number) for number in (refused, missed)]

    assert [one["status"] for one in answers] == [4002, 4001]
    assert not any("signatures" in one for one in answers)


@pytest.mark.parametrize("field", LOGIN)
async def test_one_wrong_field_is_no_login(world, field) -> None:
    wrong = LOGIN | {field: "wrong"}

    status, told = await world.post(Service.MYSIGN, "/vtss/service/ras/v1/login", json=wrong)

    assert (status, told["error"]) == (401, 59033)


@pytest.mark.parametrize("path", ["certificates/info", "signHash", "requests/status"])
async def test_nothing_is_told_without_a_token(client, path) -> None:
    client.token = "wrong"

    assert (await client.ask(path))[0] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"credentialID": "another"},
        {"numSignatures": 2},
        {"documents": []},
        {"hash": ["AAAA"]},
        {"hash": ["!"]},
        {"hashAlgo": "1.3.14.3.2.26"},
        {"signAlgo": "1.2.840.113549.1.1.5"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_request_that_does_not_fit_together_reaches_no_phone(client, wrong) -> None:
    status, _ = await client.ask("signHash", **request("một", **wrong))

    assert status == 400
    assert client.world.sandbox.hsm.phone.waiting() == []


async def test_an_account_without_signatures_left_is_told(client) -> None:
    client.account.standing = Standing.EMPTY_PURSE

    _, answer = await client.ask("signHash", **request("một"))

    assert answer["error"] == 4005
