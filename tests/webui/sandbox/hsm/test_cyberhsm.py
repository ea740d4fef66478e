"""CyberHSM's API as the sandbox plays it: whom it believes, and what it signs."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from email.utils import formatdate
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_der_x509_certificate

from webui.sandbox.hsm.demo import API_KEY, API_SECRET
from webui.sandbox.hsm.register import Service, Standing

SIGN = "/api/bin/sign/base64"


def headers(
    world: Any,
    body: bytes,
    *,
    path: str = SIGN,
    key: str = API_KEY,
    secret: str = API_SECRET,
    nonce: str | None = None,
    off: float = 0.0,
    scheme: str = "https",
) -> dict[str, str]:
    nonce = nonce or str(uuid.uuid4())
    seconds = int(time.time() + off)
    date = formatdate(seconds, usegmt=True)
    host = world.sandbox.hsm_url(Service.CYBERHSM).removeprefix("https://")
    lines = ["POST", scheme, host, path, "application/json", key, nonce, date]
    signed = "".join(f"{line}\n" for line in lines).encode() + body + b"\n"
    mac = hmac.new(base64.b64decode(secret), signed, hashlib.sha256).digest()
    return {
        "Authorization": f"HmacSHA256 {key}:{nonce}:{base64.b64encode(mac).decode()}:{seconds}",
        "Date": date,
        "Content-Type": "application/json",
    }


def payload(message: bytes = b"message", alg: str = "SHA256withRSA") -> bytes:
    return json.dumps({"payload": base64.b64encode(message).decode(), "alg": alg}).encode()


async def ask(world: Any, body: bytes, said: dict[str, str], path: str = SIGN) -> dict[str, Any]:
    _, answer = await world.post(Service.CYBERHSM, path, data=body, headers=said)
    return answer


def certificate(world: Any) -> bytes:
    account = world.sandbox.hsm.register.find(Service.CYBERHSM, API_KEY)
    return account.credentials[0].certificate


async def test_a_signed_request_is_answered_with_the_signature(world) -> None:
    body = payload()

    answer = await ask(world, body, headers(world, body))

    assert answer["status"] == 0
    key = load_der_x509_certificate(certificate(world)).public_key()
    key.verify(base64.b64decode(answer["obj"]), b"message", padding.PKCS1v15(), hashes.SHA256())


async def test_a_hash_is_answered_with_a_detached_cms(world) -> None:
    digest = hashlib.sha256(b"document").digest()
    told = {"base64hash": base64.b64encode(digest).decode(), "hashalg": "SHA-256"}
    body, path = json.dumps(told).encode(), "/api/v2/pdf/sign/hashdata"

    answer = await ask(world, body, headers(world, body, path=path), path)

    signed = cms.ContentInfo.load(base64.b64decode(answer["obj"]))["content"]
    (signer,) = signed["signer_infos"]
    said = {one["type"].native: one["values"][0].native for one in signer["signed_attrs"]}
    assert said["message_digest"] == digest
    key = load_der_x509_certificate(certificate(world)).public_key()
    attributes = signer["signed_attrs"].untag().dump()
    value = signer["signature"].native
    key.verify(value, attributes, padding.PKCS1v15(), hashes.SHA256())


class TestWhoIsNotBelieved:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"secret": base64.b64encode(b"another").decode()},
            {"key": "f" * 32},
            {"path": "/api/account/info"},
            {"scheme": "http"},
            {"off": -400},
            {"off": 400},
        ],
        ids=["secret", "key", "path", "scheme", "too late", "too early"],
    )
    async def test_a_request_signed_otherwise_than_it_is(self, world, wrong) -> None:
        body = payload()

        assert (await ask(world, body, headers(world, body, **wrong)))["status"] == 2010

    async def test_another_body(self, world) -> None:
        said = headers(world, payload())

        assert (await ask(world, payload(b"another"), said))["status"] == 2010

    async def test_another_date_than_the_seconds(self, world) -> None:
        body = payload()
        said = headers(world, body) | {"Date": formatdate(time.time() - 60, usegmt=True)}

        assert (await ask(world, body, said))["status"] == 2010

    async def test_the_same_request_again(self, world) -> None:
        body = payload()
        said = headers(world, body)

        statuses = [(await ask(world, body, said))["status"] for _ in range(2)]

        assert statuses == [0, 2010]

    async def test_nobody(self, world) -> None:
        assert (await ask(world, payload(), {}))["status"] == 2010


@pytest.mark.parametrize("alg", ["SHA1withRSA", "NONEwithRSA", ""])
async def test_sha_1_is_not_signed(world, alg) -> None:
    body = payload(alg=alg)

    assert (await ask(world, body, headers(world, body)))["status"] == 2004


@pytest.mark.parametrize("body", [b"", b"[]", b'{"payload": 1}', payload()[:-3]])
async def test_what_is_no_request_is_bad_data(world, body) -> None:
    assert (await ask(world, body, headers(world, body)))["status"] == 2004


@pytest.mark.parametrize(("standing", "status"), [("expired", 2012), ("blocked", 2011)])
async def test_an_account_s_standing_is_told(world, standing, status) -> None:
    world.sandbox.hsm.register.find(Service.CYBERHSM, API_KEY).standing = Standing(standing)
    body = payload()

    assert (await ask(world, body, headers(world, body)))["status"] == status
