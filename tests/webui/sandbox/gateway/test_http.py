"""The gateway as the sender sees it, over HTTP."""

import asyncio
import io
from typing import Any

import aiohttp
import pytest
from lxml import etree

from tests.support.sandbox import (
    CREDENTIALS,
    LONG_AGO,
    form_for,
    signed,
    signed_dossier,
    subscriber,
)
from tests.support.waiting import eventually
from webui.bhxh import form05
from webui.sandbox.ca import Authority
from webui.sandbox.gateway.faults import Faults, ReceiptFault, Words
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
        body = io.BytesIO(document)
        async with self._session.post(self._base, data=body, headers=whole | headers) as got:
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


class TestAcknowledgement:
    async def test_a_good_dossier_is_acknowledged_and_then_accepted(self, sandbox, sender) -> None:
        company = subscriber(sandbox.authority)

        status, answer = await sender.send(signed_dossier(company))

        assert status == 202
        assert answer["ma_giao_dich"].startswith("TN")
        receipt = await eventually(sender.receipt, "a receipt")
        assert "Hồ sơ đã được chấp nhận".encode() in receipt
        registered = await sandbox.ledger.registered("9900000143")
        assert [one.certificate for one in registered] == [company.certificate]

    async def test_the_same_key_gets_the_same_acknowledgement(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))

        answers = [await sender.send(document) for _ in range(3)]

        assert answers[0] == answers[1] == answers[2]
        assert len(await sandbox.ledger.newest(10)) == 1

    async def test_many_at_once_with_one_key_are_one_dossier(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))

        answers = await asyncio.gather(*(sender.send(document) for _ in range(12)))

        assert {status for status, _ in answers} == {202}
        assert len({answer["ma_giao_dich"] for _, answer in answers}) == 1
        assert len(await sandbox.ledger.newest(10)) == 1

    async def test_the_same_key_is_still_the_same_after_a_decision(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))
        first = await sender.send(document)
        await eventually(sender.receipt, "a receipt")

        assert await sender.send(document) == first

    async def test_asking_tells_whether_it_arrived(self, sandbox, sender) -> None:
        before = await sender.ask()
        _, sent = await sender.send(signed_dossier(subscriber(sandbox.authority)))
        status, after = await sender.ask()

        assert before == (404, {"ma_loi": "TN-404", "mo_ta": "Chưa từng nhận hồ sơ này."})
        assert (status, after["ma_giao_dich"]) == (200, sent["ma_giao_dich"])

    async def test_there_is_no_receipt_before_the_decision(self, sandbox, sender) -> None:
        await sandbox.set_faults(Faults(decide_after=3600))
        await sender.send(signed_dossier(subscriber(sandbox.authority)))

        assert await sender.receipt() is None
        assert (await sender.ask())[1]["trang_thai"] == "pending"


class TestAtTheDoor:
    async def test_a_wrong_password(self, sandbox, sender) -> None:
        wrong = aiohttp.encode_basic_auth("00100", "guess")

        status, answer = await sender.send(b"<x/>", Authorization=wrong)

        assert (status, answer["ma_loi"]) == (401, "TN-401")

    @pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer abc", ""])
    async def test_an_odd_authorisation(self, sender, header) -> None:
        status, answer = await sender.send(b"<x/>", Authorization=header)

        assert (status, answer["ma_loi"]) == (401, "TN-401")

    async def test_a_missing_key(self, sender) -> None:
        status, answer = await sender.send(b"<x/>", key="")

        assert (status, answer["ma_loi"]) == (400, "TN-400")

    async def test_not_xml(self, sender) -> None:
        status, answer = await sender.send(b"{}", **{"Content-Type": "application/json"})

        assert (status, answer["ma_loi"]) == (415, "TN-415")

    async def test_too_large(self, sender) -> None:
        status, answer = await sender.send(b"<x>" + b" " * 1_100_000 + b"</x>")

        assert (status, answer["ma_loi"]) == (413, "TN-413")

    async def test_unsigned(self, sandbox, sender) -> None:
        company = subscriber(sandbox.authority)

        status, answer = await sender.send(form05.build(form_for(company)))

        assert (status, answer["ma_loi"]) == (400, "TN-103")
        assert await sandbox.ledger.newest(1) == []

    async def test_another_document_under_a_used_key(self, sandbox, sender) -> None:
        await sender.send(signed_dossier(subscriber(sandbox.authority)))

        other = signed_dossier(subscriber(sandbox.authority, mst="9900000150"))
        status, answer = await sender.send(other)

        assert (status, answer["ma_loi"]) == (409, "TN-104")

    async def test_the_same_content_again_while_it_waits(self, sandbox, sender) -> None:
        await sandbox.set_faults(Faults(decide_after=3600))
        company = subscriber(sandbox.authority)
        form = form05.build(form_for(company))
        _, first = await sender.send(signed(form, company))

        respaced = signed(form, company).replace(b"?>", b"?> ", 1)
        status, answer = await sender.send(respaced, key="dossier-2")

        assert (status, answer["ma_loi"]) == (409, "TN-105")
        assert first["ma_giao_dich"] in answer["mo_ta"]

    async def test_the_same_content_again_after_acceptance(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))
        await sender.send(document)
        await eventually(sender.receipt, "a receipt")

        status, answer = await sender.send(document + b" ", key="dossier-2")

        assert (status, answer["ma_loi"]) == (409, "TN-105")

    async def test_a_second_one_for_a_certificate_that_waits(self, sandbox, sender) -> None:
        await sandbox.set_faults(Faults(decide_after=3600))
        company = subscriber(sandbox.authority)
        _, first = await sender.send(signed_dossier(company))

        other = signed_dossier(company, contact_name="Người Khác")
        status, answer = await sender.send(other, key="dossier-2")

        assert (status, answer["ma_loi"]) == (409, "TN-106")
        assert first["ma_giao_dich"] in answer["mo_ta"]

    async def test_after_a_refusal_the_same_content_may_come_again(self, sandbox, sender) -> None:
        await sandbox.set_faults(Faults(decide_after=0, refuse=Words(ma_loi="TN-900", mo_ta="Sai")))
        document = signed_dossier(subscriber(sandbox.authority))
        await sender.send(document)
        await eventually(sender.receipt, "a refusal")

        await sandbox.set_faults(Faults(decide_after=0))
        status, _ = await sender.send(document + b" ", key="dossier-2")

        assert status == 202


class TestDecision:
    """Through the real CA; the reasons one by one are in test_verdict."""

    async def test_a_revoked_certificate_is_refused_by_a_receipt(self, sandbox, sender) -> None:
        company = subscriber(sandbox.authority)
        sandbox.authority.revoke(company.certificate)

        status, _ = await sender.send(signed_dossier(company))

        assert status == 202
        receipt = await eventually(sender.receipt, "a receipt")
        assert b"<MA_LOI>TN-205</MA_LOI>" in receipt
        assert await sandbox.ledger.registered("9900000143") == []

    async def test_a_certificate_of_another_ca_is_refused(self, sandbox, sender, tmp_path) -> None:
        stranger = subscriber(Authority.open(tmp_path / "other", url=sandbox.pages_url))

        await sender.send(signed_dossier(stranger))

        assert b"TN-204" in await eventually(sender.receipt, "a receipt")

    async def test_a_branch_cannot_sign_for_its_parent(self, sandbox, sender) -> None:
        branch = subscriber(sandbox.authority, mst="9900000143-001")

        await sender.send(signed_dossier(branch, mst="9900000143"))

        receipt = (await eventually(sender.receipt, "a receipt")).decode()
        assert "TN-207" in receipt
        assert "9900000143-001" in receipt

    async def test_an_expired_certificate_is_refused(self, sandbox, sender) -> None:
        expired = subscriber(sandbox.authority, not_before=LONG_AGO)

        await sender.send(signed_dossier(expired))

        assert b"TN-202" in await eventually(sender.receipt, "a receipt")


class TestFaults:
    async def test_slow(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))
        await sandbox.set_faults(Faults(decide_after=0, latency=3600))

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await sender.send(document)

        await sandbox.set_faults(Faults(decide_after=0))
        assert (await sender.ask())[0] == 404

    async def test_down_nobody_listens_and_up_again_all_is_there(self, sandbox, sender) -> None:
        document = signed_dossier(subscriber(sandbox.authority))
        first = await sender.send(document)

        await sandbox.set_faults(Faults(decide_after=0, down=True))
        async with aiohttp.ClientSession() as stranger:
            with pytest.raises(aiohttp.ClientConnectorError):
                await stranger.get(sandbox.gateway_url)
        with pytest.raises(aiohttp.ClientError):  # on the connection from before, too
            await sender.ask()

        await sandbox.set_faults(Faults(decide_after=0))
        assert await sender.send(document) == first

    async def test_an_answer_dropped_after_accepting(self, sandbox, sender) -> None:
        await sandbox.set_faults(Faults(decide_after=3600, drop_answers=1))
        document = signed_dossier(subscriber(sandbox.authority))

        with pytest.raises(aiohttp.ClientError):
            await sender.send(document)

        status, known = await sender.ask()
        assert status == 200
        assert (await sender.send(document))[1]["ma_giao_dich"] == known["ma_giao_dich"]
        assert sandbox.faults.drop_answers == 0

    async def test_a_refusal_that_was_asked_for(self, sandbox, sender) -> None:
        words = Words(ma_loi="TN-900", mo_ta="Sai <thông tin> & thiếu")
        await sandbox.set_faults(Faults(decide_after=0, refuse=words))

        await sender.send(signed_dossier(subscriber(sandbox.authority)))

        receipt = etree.fromstring(await eventually(sender.receipt, "a receipt"))
        assert receipt.findtext(".//MA_LOI") == "TN-900"
        assert receipt.findtext(".//MOTA_LOI") == "Sai <thông tin> & thiếu"

    async def test_a_refusal_at_the_door_that_was_asked_for(self, sandbox, sender) -> None:
        words = Words(ma_loi="TN-900", mo_ta="Sai", at_door=True)
        await sandbox.set_faults(Faults(refuse=words))

        status, answer = await sender.send(signed_dossier(subscriber(sandbox.authority)))

        assert (status, answer) == (400, {"ma_loi": "TN-900", "mo_ta": "Sai"})
        assert await sandbox.ledger.newest(1) == []

    @pytest.mark.parametrize("kind", [ReceiptFault.BAD_SIGNATURE, ReceiptFault.OTHER_DOSSIER])
    async def test_a_false_receipt_and_then_the_true_one(self, sandbox, sender, kind) -> None:
        await sandbox.set_faults(Faults(decide_after=0, receipt=kind))
        await sender.send(signed_dossier(subscriber(sandbox.authority)))
        false = await eventually(sender.receipt, "a false receipt")

        await sandbox.set_faults(Faults(decide_after=0))
        true = await sender.receipt()

        assert false != true
        assert true == (await sandbox.ledger.by_key(KEY)).receipt
