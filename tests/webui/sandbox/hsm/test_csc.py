"""The CSC API as the sandbox plays it: tokens, SADs, PINs and one-time passwords."""

import base64
import hashlib
from typing import Any

import aiohttp
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_der_x509_certificate

from webui.sandbox.hsm.demo import CSC_ACCOUNT, PASSWORD, PIN
from webui.sandbox.hsm.register import Credential, Service

SHA256, RSA = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1"
MESSAGE = b"message"
HASH = base64.b64encode(hashlib.sha256(MESSAGE).digest()).decode()
OTHER = base64.b64encode(hashlib.sha256(b"other").digest()).decode()


class Client:
    """One version's names for the same things."""

    def __init__(self, world: Any, version: int, token: str) -> None:
        self.world, self.version, self.token = world, version, token

    @property
    def credential(self) -> Credential:
        account = self.world.sandbox.hsm.register.find(Service.CSC, CSC_ACCOUNT)
        return account.credential("csc-1")

    async def call(self, method: str, **body: Any) -> tuple[int, Any]:
        said = {"Authorization": f"Bearer {self.token}"}
        path = f"/csc/v{self.version}/{method}"
        return await self.world.post(Service.CSC, path, json=body, headers=said)

    async def otp(self) -> str:
        method = "credentials/sendOTP" if self.version == 1 else "credentials/getChallenge"
        more = {} if self.version == 1 else {"authObjectID": "OTP"}
        assert (await self.call(method, credentialID="csc-1", **more))[0] == 204
        return self.world.sandbox.hsm.phone.messages[-1].otp

    async def authorise(
        self, *, pin: str | None = PIN, otp: str | None, hashes: tuple[str, ...] = (HASH,)
    ) -> tuple[int, Any]:
        body: dict[str, Any] = {"credentialID": "csc-1", "numSignatures": len(hashes) or 1}
        if self.version == 1:
            body |= {"PIN": pin, "OTP": otp}
            body = {name: value for name, value in body.items() if value is not None}
        else:
            given = {"PIN": pin, "OTP": otp}
            body["authData"] = [{"id": k, "value": v} for k, v in given.items() if v is not None]
            body["hashAlgorithmOID"] = SHA256
        if hashes:
            body["hash" if self.version == 1 else "hashes"] = list(hashes)
        return await self.call("credentials/authorize", **body)

    async def sign(self, sad: str, *hashes: str, **more: Any) -> tuple[int, Any]:
        names = ("hash", "hashAlgo") if self.version == 1 else ("hashes", "hashAlgorithmOID")
        body = {"credentialID": "csc-1", "SAD": sad, names[0]: list(hashes), names[1]: SHA256}
        return await self.call("signatures/signHash", **(body | {"signAlgo": RSA} | more))


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
async def client(world, request) -> Client:
    login = {"Authorization": aiohttp.encode_basic_auth(CSC_ACCOUNT, PASSWORD)}
    path = f"/csc/v{request.param}/auth/login"
    status, told = await world.post(Service.CSC, path, json={}, headers=login)
    assert status == 200
    return Client(world, request.param, told["access_token"])


async def test_pin_and_otp_give_a_sad_that_signs_once(client) -> None:
    _, given = await client.authorise(otp=await client.otp())

    _, signed = await client.sign(given["SAD"], HASH)
    again, refusal = await client.sign(given["SAD"], HASH)

    key = load_der_x509_certificate(client.credential.certificate).public_key()
    value = base64.b64decode(signed["signatures"][0])
    key.verify(value, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert (again, refusal["error_description"]) == (400, "Invalid parameter SAD")


async def test_a_sad_signs_no_other_hash(client) -> None:
    _, given = await client.authorise(otp=await client.otp())

    status, refusal = await client.sign(given["SAD"], OTHER)

    assert (status, refusal["error_description"]) == (400, "Hash is not authorized by the SAD")


async def test_scal_2_wants_the_hashes_beforehand(client) -> None:
    status, refusal = await client.authorise(otp=await client.otp(), hashes=())

    assert status == 400
    assert "Missing" in refusal["error_description"]


async def test_a_one_time_password_is_good_once(client) -> None:
    otp = await client.otp()

    statuses = [(await client.authorise(otp=otp))[0] for _ in range(2)]

    assert statuses == [200, 400]


async def test_a_wrong_one_time_password_uses_the_right_one_up(client) -> None:
    otp = await client.otp()
    wrong = "000000" if otp != "000000" else "111111"

    _, refusal = await client.authorise(otp=wrong)

    expected = "invalid_otp" if client.version == 1 else "invalid_authentication_data"
    assert refusal["error"] == expected
    assert (await client.authorise(otp=otp))[0] == 400


async def test_three_wrong_pins_lock_the_credential(client) -> None:
    for _ in range(3):
        _, refusal = await client.authorise(pin="0000", otp=await client.otp())
        assert "PIN" in refusal["error_description"]

    _, refusal = await client.authorise(otp=await client.otp())

    assert refusal["error_description"] == "PIN locked"


async def test_a_digest_of_another_length_is_refused(client) -> None:
    short = base64.b64encode(b"short").decode()
    _, given = await client.authorise(otp=await client.otp(), hashes=(short,))

    status, refusal = await client.sign(given["SAD"], short)

    assert (status, refusal["error_description"]) == (400, "Invalid digest value length")


async def test_an_unknown_algorithm_is_refused(client) -> None:
    _, given = await client.authorise(otp=await client.otp())

    status, _ = await client.sign(given["SAD"], HASH, signAlgo="1.2.840.113549.1.1.5")

    assert status == 400


async def test_all_of_an_account_s_certificates_are_listed(client) -> None:
    _, told = await client.call("credentials/list")

    assert told["credentialIDs"] == ["csc-1", "csc-2", "csc-3", "csc-4"]


@pytest.mark.parametrize("method", ["credentials/list", "credentials/info", "signatures/signHash"])
async def test_nothing_is_told_without_a_token(client, method) -> None:
    client.token = "wrong"

    status, refusal = await client.call(method, credentialID="csc-1")

    assert (status, refusal["error"]) == (401, "invalid_token")


async def test_a_revoked_token_is_none(client) -> None:
    assert (await client.call("auth/revoke", token=client.token))[0] == 204

    assert (await client.call("credentials/list"))[0] == 401


async def test_what_is_no_object_is_refused(client) -> None:
    said = {"Authorization": f"Bearer {client.token}"}
    path = f"/csc/v{client.version}/credentials/info"

    status, _ = await client.world.post(Service.CSC, path, data=b"[", headers=said)

    assert status == 400


async def test_an_asynchronous_request_is_asked_for_until_it_is_done(client) -> None:
    if client.version == 1:
        return
    _, given = await client.authorise(otp=await client.otp())
    _, later = await client.sign(given["SAD"], HASH, operationMode="A")

    asked = {"requestID": later["responseID"]}
    answers = [await client.call("signatures/signPolling", **asked) for _ in range(3)]

    assert [status for status, _ in answers] == [202, 202, 200]
    assert len(answers[-1][1]["signatures"]) == 1


async def test_a_sad_for_two_signs_one_and_then_the_other(client) -> None:
    _, given = await client.authorise(otp=await client.otp(), hashes=(HASH, OTHER))

    statuses = [(await client.sign(given["SAD"], one))[0] for one in (OTHER, HASH, HASH)]

    assert statuses == [200, 200, 400]


async def test_a_sad_for_two_does_not_sign_one_hash_twice(client) -> None:
    _, given = await client.authorise(otp=await client.otp(), hashes=(HASH, OTHER))

    status, refusal = await client.sign(given["SAD"], HASH, HASH)

    assert (status, refusal["error_description"]) == (400, "Hash is not authorized by the SAD")


async def test_a_sad_without_hashes_signs_any_but_no_more_of_them(client) -> None:
    client.credential.scal = "1"
    _, given = await client.authorise(otp=await client.otp(), hashes=())

    status, refusal = await client.sign(given["SAD"], HASH, OTHER)

    assert (status, refusal["error_description"]) == (400, "Numbers of signatures is too high")


async def test_a_sad_is_for_one_credential(client) -> None:
    _, given = await client.authorise(otp=await client.otp())

    status, refusal = await client.sign(given["SAD"], HASH, credentialID="csc-2")

    assert (status, refusal["error_description"]) == (400, "Invalid parameter SAD")


async def test_two_algorithms_that_contradict_are_refused(client) -> None:
    _, given = await client.authorise(otp=await client.otp())

    status, _ = await client.sign(given["SAD"], HASH, signAlgo="1.2.840.113549.1.1.13")

    assert status == 400


async def test_the_client_credentials_of_oauth_2_are_the_account_s(world) -> None:
    asked = {
        "grant_type": "client_credentials",
        "client_id": CSC_ACCOUNT,
        "client_secret": PASSWORD,
    }
    status, given = await world.post(Service.CSC, "/oauth2/token", data=asked)
    wrong = asked | {"client_secret": "wrong"}

    assert (status, given["token_type"]) == (200, "Bearer")
    assert (await world.post(Service.CSC, "/oauth2/token", data=wrong))[0] == 400


async def test_a_time_stamp_is_over_the_hash_and_with_the_nonce(client) -> None:
    _, given = await client.call("signatures/timestamp", hash=HASH, hashAlgo=SHA256, nonce="2a")

    token = cms.ContentInfo.load(base64.b64decode(given["timestamp"]))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == hashlib.sha256(MESSAGE).digest()
    assert info["nonce"].native == 42


@pytest.mark.parametrize("wrong", [{"hash": "AAAA"}, {"hashAlgo": "1.3.14.3.2.26"}, {"nonce": "z"}])
async def test_no_time_stamp_is_given_for_what_is_no_hash(client, wrong) -> None:
    asked = {"hash": HASH, "hashAlgo": SHA256, **wrong}

    assert (await client.call("signatures/timestamp", **asked))[0] == 400
