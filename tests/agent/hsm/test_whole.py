"""From an address somebody typed to a signature: our accounts, doors and providers as they run,
with services that really check.
"""

import contextlib
import hashlib
import logging
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from agent.errors import ServiceError, UserError
from agent.hsm.accounts import Accounts
from agent.hsm.api import AccountOrder, ToSign
from agent.hsm.asking import Asker
from agent.hsm.https import Doors
from agent.hsm.passwords import Passwords
from agent.hsm.providers import Kinds
from agent.hsm.recognise import recognised
from agent.hsm.records import Records
from agent.hsm.smartca.shapes import NEAC, SMARTCA
from agent.keys import Confirmation, Mechanism, OtpKind
from agent.pin import Pin
from agent.platforms.secret_file import SecretFile
from agent.secret import Secret
from tests.support.csc_service import Asks, CscService
from tests.support.csc_service import Key as CscKey
from tests.support.pki import Authority
from tests.support.service_host import ServiceHost, tls_certificate
from tests.support.signing_services.cyberhsm import CyberHsmService
from tests.support.signing_services.mysign import MySignService
from tests.support.signing_services.smartca import SmartCaService

NAME, PASSWORD, PIN, OTP = "minhhoa", "mật-khẩu-5x9q", "73519264", "246810"
TLS_ROOT = Authority.root("Test TLS Root")
UNIT = Authority.root("HSM CA").issue()
RSA = Mechanism.RSA_PKCS1_SHA256


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("cyberhsm", CyberHsmService),
        ("smartca", lambda: SmartCaService(SMARTCA)),
        ("neac", lambda: SmartCaService(NEAC)),
        ("mysign", MySignService),
    ],
)
async def test_each_kind_of_service_is_taken_for_what_it_is(kind, service) -> None:
    async with service() as served:
        assert (await recognised(Kinds.known(), served.door)).info.id == kind


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_csc_is_taken_for_what_it_is(version) -> None:
    async with CscService(version=version) as service, Doors(loopback_http=True) as doors:
        assert (await recognised(Kinds.known(), doors.to(service.url))).info.id == "csc"


async def test_a_host_that_says_yes_to_everything_is_nothing() -> None:
    """As MISA's wrong paths do: status 200 and a page for people."""
    async with ServiceHost() as host:
        host.answers = _Everything()
        async with host.doors() as doors:
            with pytest.raises(UserError, match="service_not_recognised"):
                await recognised(Kinds.known(), doors.to(host.base))
        assert len(host.asked) >= 4
        for asked in host.asked:
            assert "Authorization" not in asked.headers


class _Everything(dict):
    def get(self, key, default=None):
        return {}


def tls(folder: Path) -> ssl.SSLContext:
    from cryptography.hazmat.primitives import serialization

    holder = tls_certificate(TLS_ROOT)
    file = folder / "server.pem"
    file.write_bytes(
        holder.pem
        + holder.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
async def service(tmp_path):
    key = CscKey(holder=UNIT, asks=Asks(pin=PIN, otp=OTP))
    async with CscService(key, name=NAME, password=PASSWORD, tls=tls(tmp_path)) as service:
        yield service


def accounts(folder: Path, *, trusted: bool = True) -> Accounts:
    ca = folder / "company.pem"
    ca.write_bytes(TLS_ROOT.pem)
    data = folder / "data"
    return Accounts(
        asker=Asker(kinds=Kinds.known(), doors=Doors(ca=(ca,) if trusted else ())),
        records=Records(data / "accounts.json"),
        passwords=Passwords(SecretFile(data / "secrets.json")),
    )


def order(service: CscService, **more) -> AccountOrder:
    typed = {"host": service.url, "name": NAME, "password": Secret(PASSWORD)}
    return AccountOrder(**(typed | more))


def pin(text: str) -> Pin:
    return Pin(bytearray(text.encode()))


async def never(_: float) -> None:
    raise AssertionError("nobody is asked to wait")


async def test_from_an_address_to_a_signature(tmp_path, service, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    async with accounts(tmp_path) as ours:
        found = await ours.look(order(service))
        assert found.provider.id == "csc"
        account = await ours.keep(found)
    async with accounts(tmp_path) as ours:
        [certificate] = ours.certificates()
        assert certificate.der == UNIT.der
        item = ToSign(
            name="Tờ khai.xml", message=b"<Hoso/>", digest=hashlib.sha256(b"<Hoso/>").digest()
        )
        async with ours.open(certificate.id) as key:
            assert key.confirmation == Confirmation(
                pin=True, otp=OtpKind.SENT, otp_label=key.confirmation.otp_label
            )
            await key.send_otp()
            with pytest.raises(UserError, match="otp_incorrect"):
                await key.sign((item,), RSA, pin=pin(PIN), otp=pin("000000"), on_wait=never)
            [signature] = await key.sign((item,), RSA, pin=None, otp=pin(OTP), on_wait=never)
        UNIT.certificate.public_key().verify(
            signature, item.message, padding.PKCS1v15(), hashes.SHA256()
        )
        assert service.tokens == set(), "signed out"
        assert await ours.forget(account.id)

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (PASSWORD, PIN, OTP):
        assert secret not in caplog.text
        for path in written:
            assert secret.encode() not in path.read_bytes(), path
            assert secret not in path.name


async def test_a_service_that_cannot_prove_itself_is_told_nothing(tmp_path, service) -> None:
    async with accounts(tmp_path, trusted=False) as ours:
        for chosen in (None, "csc"):
            with pytest.raises(ServiceError, match="service_tls"):
                await ours.look(order(service, provider=chosen))
    assert service.requests == []


async def test_a_wrong_password_is_offered_once(tmp_path, service) -> None:
    async with accounts(tmp_path) as ours:
        with pytest.raises(UserError, match="account_refused"):
            await ours.look(order(service, password=Secret("wrong")))
    assert len(service.asked("auth/login")) == 1


async def test_a_certificate_renewed_at_the_service_is_noticed(tmp_path, service) -> None:
    renewed = Authority.root("HSM CA").issue("renewed")
    async with accounts(tmp_path) as ours:
        await ours.keep(await ours.look(order(service)))
        service.keys["GX0112348"].holder = renewed
        await ours.refresh()
        assert [each.id for each in ours.certificates()] == [renewed.id]


async def test_a_service_that_goes_down_is_said_and_comes_back(tmp_path, service) -> None:
    async with accounts(tmp_path) as ours:
        await ours.keep(await ours.look(order(service)))
        service.password = "changed at the service"
        await ours.refresh()
        assert ours.accounts()[0].problem == "account_refused"
        with contextlib.suppress(UserError):
            async with ours.open(UNIT.id):
                raise AssertionError("it opened")
        await ours.keep(await ours.look(order(service, password=Secret(service.password))))
        assert ours.accounts()[0].problem == ""
