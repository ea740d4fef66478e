"""The gateway as the sender sees it, over HTTP."""

from typing import Any

import aiohttp
import pytest

from tests.support.sandbox import CREDENTIALS, signed_dossier, subscriber
from tests.support.waiting import eventually
from webui.sandbox.service import Sandbox

KEY = "dossier-1"


class Sender:
    """An I-VAN's side of the channel, as bare as can be."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self._session = session
        self._base = f"{sandbox.gateway_url}/ivan/ho-so"
        self._login = {"Authorization": aiohttp.encode_basic_auth(*CREDENTIALS)}

    async def send(self, document: bytes, key: str = KEY, **headers: str) -> tuple[int, Any]:
        whole = {"Idempotency-Key": key, "Content-Type": "application/xml", **self._login}
        async with self._session.post(self._base, data=document, headers=whole | headers) as got:
            return got.status, await got.json()

    async def ask(self, key: str = KEY) -> tuple[int, Any]:
        async with self._session.get(f"{self._base}/{key}", headers=self._login) as got:
            return got.status, await got.json()

    async def receipt(self, key: str = KEY) -> bytes | None:
        url = f"{self._base}/{key}/thong-bao"
        async with self._session.get(url, headers=self._login) as got:
            return await got.read() if got.status == 200 else None


@pytest.fixture
async def sender(sandbox: Sandbox):
    async with aiohttp.ClientSession() as session:
        yield Sender(session, sandbox)


async def test_a_good_dossier_is_acknowledged_and_then_accepted(sandbox, sender) -> None:
    company = subscriber(sandbox.authority)

    status, answer = await sender.send(signed_dossier(company))

    assert status == 202
    assert answer["ma_giao_dich"].startswith("TN")
    receipt = await eventually(sender.receipt, "a receipt")
    assert "Hồ sơ đã được chấp nhận".encode() in receipt
    assert [one.certificate for one in await sandbox.ledger.registered("9900000143")] == [
        company.certificate
    ]


async def test_the_same_key_gets_the_same_acknowledgement(sandbox, sender) -> None:
    document = signed_dossier(subscriber(sandbox.authority))

    answers = [await sender.send(document) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert len(await sandbox.ledger.newest(10)) == 1
