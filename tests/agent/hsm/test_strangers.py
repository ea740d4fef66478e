"""Whatever a service answers: signatures, or one of the documented codes, and none of its words."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.hsm.cyberhsm import CyberHsm
from agent.hsm.door import Answer
from agent.hsm.mysign import MySign
from agent.hsm.provider import Login, Pending, Provider
from agent.hsm.smartca import Neac, SmartCa
from agent.keys import Mechanism
from agent.pin import Pin
from agent.secret import Secret
from tests.support.signing_services.canned import HOST, CannedDoor, answer
from tests.support.signing_services.mutations import mutated
from tests.support.signing_services.served import to_sign, unit

CODES = set(json.loads(Path("protocol/schema/errors.json").read_text(encoding="utf-8")))
#: The ones that the port promises (agent.hsm.api.ServiceKey and Services.look).
PROMISED = {
    "account_blocked",
    "account_expired",
    "account_otp",
    "account_quota",
    "account_refused",
    "certificate_expired",
    "certificate_not_found",
    "certificate_revoked",
    "certificate_unsuitable",
    "otp_incorrect",
    "phone_rejected",
    "phone_timeout",
    "service_batch",
    "service_clock",
    "service_failed",
    "service_malformed",
}
CERTIFICATE = base64.b64encode(unit().der).decode()
SIGNATURE = base64.b64encode(bytes(256)).decode()
DOCUMENT = "1-To-khai-05-SD.xml"

CYBERHSM = {
    "/api/account/info": {"status": 0, "obj": {}},
    "/api/account/endcert": CERTIFICATE.encode(),
    "/api/otp/requestsign": {"status": 0},
    "/api/bin/sign/base64": {"status": 0, "obj": SIGNATURE},
}
CERTIFICATES = {
    "status_code": 200,
    "message": "Success",
    "data": {
        "user_certificates": [
            {
                "cert_id": "c1",
                "cert_status": "đang hoạt động",
                "serial_number": "5401",
                "cert_data": CERTIFICATE,
                "chain_data": {"ca_cert": CERTIFICATE, "root_cert": CERTIFICATE},
            }
        ]
    },
}
SIGNED = {
    "status_code": 200,
    "message": "SUCCESS",
    "data": {
        "transaction_id": "t1",
        "signatures": [{"doc_id": DOCUMENT, "signature_value": SIGNATURE}],
    },
}
WAITING = {
    "status_code": 200,
    "message": "sig_wait_for_user_confirm",
    "data": {"transaction_id": "t1"},
}
SMARTCA = {"get_certificate": CERTIFICATES, "/status": SIGNED, "/sign": WAITING}
MYSIGN = {
    "/login": {"access_token": "token", "token_type": "Bearer", "expires_in": "3600"},
    "/info": [
        {
            "credential_id": "c1",
            "key": {"status": "enabled", "algo": ["1.2.840.113549.1.1.1"]},
            "cert": {"status": "valid", "certificates": [CERTIFICATE, CERTIFICATE]},
            "multisign": "2147483647",
        }
    ],
    "/signHash": {"transactionId": "t1"},
    "/status": {"status": "1", "signatures": [SIGNATURE]},
}


def _login() -> Login:
    return Login(
        name="somebody",
        password=Secret("c2VjcmV0IG9mIHRlc3Rz"),
        fields={"sp_id": "sp", "client_id": "client", "ca_name": "VNPT-CA", "otp": "sms"},
    )


async def _conversation(provider: Provider, door: CannedDoor) -> tuple[bytes, ...]:
    await provider.recognise(door)
    session = await provider.sign_in(door, _login())
    for credential in await session.list_credentials():
        same = await session.describe(credential.id)
        await session.send_otp(same)
        otp = Pin(bytearray(b"246810"))
        mechanism = Mechanism.RSA_PKCS1_SHA256
        items = [to_sign()]
        leave = await session.authorise(same, items, mechanism, pin=None, otp=otp)
        outcome = await session.sign_hashes(leave)
        for _ in range(5):
            if isinstance(outcome, Pending):
                outcome = await session.poll(outcome)
        if isinstance(outcome, Pending):
            await session.give_up(outcome)
            return ()
        assert len(outcome) == 1
        assert outcome[0]
        return outcome
    return ()


async def _outcome(provider: Provider, door: CannedDoor) -> AgentError | None:
    try:
        await _conversation(provider, door)
    except AgentError as error:
        return error
    return None


def _answers(data: st.DataObject, good: dict[str, Any]) -> Callable[[str], Answer]:
    """All are good ones but those of one path, so that every step is reached."""
    spoilt = data.draw(st.sampled_from(list(good)))

    def of(path: str) -> Answer:
        end, value = next((e, v) for e, v in good.items() if path.endswith(e))
        if end != spoilt:
            return answer(value)
        junk = st.binary() | mutated({"status": 0}) if isinstance(value, bytes) else mutated(value)
        kinds = ["application/json"] * 5 + ["text/html", ""]
        return answer(
            data.draw(junk),
            status=data.draw(st.sampled_from([200] * 6 + [400, 401, 403, 404, 429, 500, 503])),
            content_type=data.draw(st.sampled_from(kinds)),
            date=data.draw(st.sampled_from(["", "yesterday", "Fri, 02 Oct 2020 09:51:17 GMT"])),
        )

    return of


@pytest.mark.parametrize(
    ("provider", "good"),
    [(CyberHsm(), CYBERHSM), (SmartCa(), SMARTCA), (Neac(), SMARTCA), (MySign(), MYSIGN)],
    ids=["cyberhsm", "smartca", "neac", "mysign"],
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_whatever_a_service_answers_is_signatures_or_a_documented_code(
    provider: Provider, good: dict[str, Any], data: st.DataObject
) -> None:
    error = asyncio.run(_outcome(provider, CannedDoor(_answers(data, good))))
    if error is not None:
        assert error.code in PROMISED
        assert set(error.details) <= {"host", "reason"}
        assert error.details.get("host", HOST) == HOST
        assert error.details.get("reason", "hash") in ("hash", "mechanism")


@pytest.mark.parametrize(
    ("provider", "good"),
    [(CyberHsm(), CYBERHSM), (SmartCa(), SMARTCA), (Neac(), SMARTCA), (MySign(), MYSIGN)],
    ids=["cyberhsm", "smartca", "neac", "mysign"],
)
def test_the_unchanged_answers_are_good_ones(provider: Provider, good: dict[str, Any]) -> None:
    def of(path: str) -> Answer:
        return answer(next(v for end, v in good.items() if path.endswith(end)))

    door = CannedDoor(of)
    assert asyncio.run(_conversation(provider, door)) == (bytes(256),)


def test_every_promised_code_is_documented() -> None:
    assert PROMISED <= CODES
