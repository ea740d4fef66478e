"""Certificates in services over the wire, for sites: seen, chosen and used as those on tokens."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_der_x509_certificate

from agent.keys import Confirmation, OtpKind
from protocol.messages import login_message
from tests.support.edge import running
from tests.support.prompts import Approve, Choose, Otp, ScriptedUser
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import ORIGIN
from tests.support.tokens import Card, MemoryTokens

PIN_AND_OTP = Confirmation(pin=True, otp=OtpKind.SENT)


class TestCertificates:
    async def test_are_listed_by_the_place_that_is_asked_for(self, tmp_path: Path) -> None:
        card, key = Card(), RemoteKey()
        async with (
            running(tmp_path, tokens=MemoryTokens(card), services=MemoryServices(key)) as agent,
            agent.page() as page,
        ):
            await page.hello()
            listed = {
                place: [
                    certificate["id"]
                    for certificate in (
                        await page.call("certificates.list", filter={"place": place})
                    )["certificates"]
                ]
                for place in ("token", "service")
            }
            everywhere = (await page.call("certificates.list"))["certificates"]

        assert listed == {"token": [card.id], "service": [key.id]}
        assert {certificate["id"] for certificate in everywhere} == {card.id, key.id}

    async def test_never_say_whose_account_it_is(self, tmp_path: Path) -> None:
        key = RemoteKey(account="giam.doc@cong-ty.vn")
        async with (
            running(tmp_path, services=MemoryServices(key)) as agent,
            agent.page() as page,
        ):
            await page.hello()
            answer = await page.call("certificates.list")

        assert "giam.doc" not in str(answer)
        assert key.account_id not in str(answer)
        assert "credential" not in str(answer)

    async def test_are_chosen_in_the_window(self, tmp_path: Path) -> None:
        key = RemoteKey()
        async with (
            running(
                tmp_path, services=MemoryServices(key), user=ScriptedUser(Choose(key.id))
            ) as agent,
            agent.page() as page,
        ):
            await page.hello()
            chosen = await page.call("certificates.select", filter={"place": "service"})

        assert chosen["certificate"]["service"]["host"] == key.host


class TestSigning:
    async def test_a_document(self, tmp_path: Path) -> None:
        key = RemoteKey(confirmation=PIN_AND_OTP)
        async with (
            running(
                tmp_path, services=MemoryServices(key), user=ScriptedUser(Approve(), Otp())
            ) as agent,
            agent.page() as page,
        ):
            await page.hello()
            signed = await page.call(
                "sign.xml", document=b"<a/>", name="a.xml", profile="test", place="service"
            )
            stages = [step["stage"] for method, step in page.notified if method == "progress"]

        assert base64.b64decode(signed["document"]).startswith(b"<a/>|")
        assert signed["certificate"]["id"] == key.id
        assert stages == [
            "checking",
            "waiting-for-service",
            "waiting-for-user",
            "waiting-for-service",
            "waiting-for-confirmation",
            "signing",
            "verifying",
        ]

    async def test_that_a_service_does_badly_is_the_services_failure(self, tmp_path: Path) -> None:
        key = RemoteKey()
        key.answers = (b"nonsense",)
        async with (
            running(
                tmp_path, services=MemoryServices(key), user=ScriptedUser(Approve(pin=None))
            ) as agent,
            agent.page() as page,
        ):
            await page.hello()
            error = await page.refused("sign.xml", document=b"<a/>", name="a", profile="test")

        assert (error["code"], error["group"]) == ("service_wrong_signature", "service")
        assert error["details"] == {"host": key.host}

    async def test_a_certificate_that_is_in_no_account_is_not_waited_for(
        self, tmp_path: Path
    ) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused(
                "sign.xml",
                document=b"<a/>",
                name="a",
                profile="test",
                certificate=RemoteKey().id,
                place="service",
            )

        assert error["code"] == "certificate_not_found"

    async def test_a_login(self, tmp_path: Path) -> None:
        key = RemoteKey()
        async with (
            running(
                tmp_path, services=MemoryServices(key), user=ScriptedUser(Approve(pin=None))
            ) as agent,
            agent.page() as page,
        ):
            await page.hello()
            proof = await page.call("login", nonce=bytes(32), place="service")

        public = load_der_x509_certificate(key.der).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(
            base64.b64decode(proof["signature"]),
            login_message(origin=ORIGIN, nonce=bytes(32)),
            padding.PKCS1v15(),
            hashes.SHA256(),
        )
