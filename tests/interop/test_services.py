"""Our providers against the sandbox's services, which were written from the same facts by others;
and pyHanko's CSC client as the judge of the sandbox.
"""

import hashlib
import ssl
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.signers import csc_signer
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from agent.errors import AgentError
from agent.hsm.api import ToSign
from agent.hsm.csc import Csc
from agent.hsm.cyberhsm import CyberHsm
from agent.hsm.https import Doors
from agent.hsm.mysign import MySign
from agent.hsm.provider import Credential, Login, Pending, Provider, Session
from agent.hsm.smartca import SmartCa
from agent.keys import Mechanism
from agent.pin import Pin
from agent.secret import Secret
from tests.support.sandbox import HsmAccount, SandboxProgram, nth_mst
from tests.support.waiting import eventually

MST = nth_mst(3)
PROVIDERS: dict[str, type[Provider]] = {
    "cyberhsm": CyberHsm,
    "csc": Csc,
    "smartca": SmartCa,
    "mysign": MySign,
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    with SandboxProgram(tmp_path_factory.mktemp("sandbox"), with_hsm=True) as program:
        yield program


@pytest.fixture(autouse=True)
def calm(sandbox: SandboxProgram) -> Iterator[None]:
    sandbox.phone(answer_after=0.0)
    yield
    for service in PROVIDERS:
        sandbox.set_hsm_faults(service, wrong_key=False, down=False, answers="good")


def login_of(account: HsmAccount) -> Login:
    return Login(name=account.account, password=Secret(account.password), fields=account.fields)


def items(*texts: str) -> tuple[ToSign, ...]:
    messages = [text.encode() for text in texts]
    return tuple(
        ToSign(name=f"{text}.xml", digest=hashlib.sha256(message).digest(), message=message)
        for text, message in zip(texts, messages, strict=True)
    )


def verify(account: HsmAccount, item: ToSign, signature: bytes) -> None:
    key = load_der_x509_certificate(account.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, item.message, padding.PKCS1v15(), hashes.SHA256())


async def signed(
    session: Session, credential: Credential, *wanted: ToSign, pin: str | None, otp: str | None
) -> tuple[bytes, ...]:
    authorisation = await session.authorise(
        credential,
        wanted,
        Mechanism.RSA_PKCS1_SHA256,
        pin=None if pin is None else Pin(bytearray(pin.encode())),
        otp=None if otp is None else Pin(bytearray(otp.encode())),
    )
    outcome = await session.sign_hashes(authorisation)
    while isinstance(outcome, Pending):
        outcome = await session.poll(outcome)
    return outcome


@pytest.mark.parametrize("service", PROVIDERS)
class TestEachKindOfService:
    async def test_is_recognised_without_any_secret(self, sandbox, service) -> None:
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            door = doors.to(sandbox.places["hsm"][service])

            assert await PROVIDERS[service]().recognise(door)

    async def test_signs_what_its_certificate_s_key_verifies(self, sandbox, service) -> None:
        account = sandbox.account(service, mst=MST)
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            session = await PROVIDERS[service]().sign_in(doors.to(account.host), login_of(account))
            (credential,) = await session.list_credentials()
            wanted = items("một", "hai")[: credential.most_hashes]

            signatures = await signed(session, credential, *wanted, pin=None, otp=None)

            assert credential.certificate == account.certificate
            for item, signature in zip(wanted, signatures, strict=True):
                verify(account, item, signature)

    async def test_tells_a_wrong_password(self, sandbox, service) -> None:
        account = sandbox.account(service, mst=MST)
        wrong = Login(name=account.account, password=Secret("d3Jvbmctb25l"), fields=account.fields)
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            with pytest.raises(AgentError) as refusal:
                await PROVIDERS[service]().sign_in(doors.to(account.host), wrong)

        assert refusal.value.code == "account_refused"

    async def test_that_signs_with_another_key_is_found_out_by_verifying(
        self, sandbox, service
    ) -> None:
        account = sandbox.account(service, mst=MST)
        sandbox.set_hsm_faults(service, wrong_key=True)
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            session = await PROVIDERS[service]().sign_in(doors.to(account.host), login_of(account))
            (credential,) = await session.list_credentials()
            (item,) = items("một")

            (signature,) = await signed(session, credential, item, pin=None, otp=None)

            with pytest.raises(InvalidSignature):
                verify(account, item, signature)


@pytest.mark.parametrize("service", ["smartca", "mysign"])
@pytest.mark.parametrize(
    ("habits", "code"),
    [
        ({"answer_after": 0.0, "rejects": True}, "phone_rejected"),
        ({"waiting_seconds": 0.2}, "phone_timeout"),
    ],
)
async def test_what_happens_on_the_phone_is_told(sandbox, service, habits, code) -> None:
    account = sandbox.account(service, mst=MST)
    sandbox.phone(**habits)
    async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
        session = await PROVIDERS[service]().sign_in(doors.to(account.host), login_of(account))
        (credential,) = await session.list_credentials()

        async def ends() -> bool:
            with pytest.raises(AgentError) as refusal:
                await signed(session, credential, *items("một"), pin=None, otp=None)
            return refusal.value.code == code

        assert await eventually(ends, code)


@pytest.mark.parametrize("service", ["cyberhsm", "csc", "smartca", "mysign"])
async def test_an_account_without_a_right_to_sign_is_told(sandbox, service) -> None:
    account = sandbox.account(service, mst=MST, standing="blocked")
    async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
        with pytest.raises(AgentError) as refusal:
            await PROVIDERS[service]().sign_in(doors.to(account.host), login_of(account))

    assert refusal.value.code == "account_blocked"


class TestPinAndOtpByCsc:
    async def test_both_together_sign(self, sandbox) -> None:
        sandbox.phone(otp="246810")
        account = sandbox.account("csc", mst=MST, pin="2468", otp=True)
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            session = await Csc().sign_in(doors.to(account.host), login_of(account))
            (credential,) = await session.list_credentials()
            await session.send_otp(credential)
            wanted = items("một", "hai", "ba")

            signatures = await signed(session, credential, *wanted, pin="2468", otp="246810")

            for item, signature in zip(wanted, signatures, strict=True):
                verify(account, item, signature)

    @pytest.mark.parametrize(
        ("pin", "otp", "code"),
        [
            ("0000", "246810", "service_pin_incorrect"),
            ("2468", "111111", "otp_incorrect"),
        ],
    )
    async def test_which_one_was_wrong_is_told(self, sandbox, pin, otp, code) -> None:
        sandbox.phone(otp="246810")
        account = sandbox.account("csc", mst=MST, pin="2468", otp=True)
        async with Doors(ca=(Path(sandbox.places["trust"]),)) as doors:
            session = await Csc().sign_in(doors.to(account.host), login_of(account))
            (credential,) = await session.list_credentials()
            await session.send_otp(credential)

            with pytest.raises(AgentError) as refusal:
                await signed(session, credential, *items("một"), pin=pin, otp=otp)

        assert refusal.value.code == code


class _PinAlone(csc_signer.CSCAuthorizationManager):
    """What pyHanko leaves to its user: a SAD for a credential that asks a PIN."""

    def __init__(self, session_info, credential_info, *, http, pin) -> None:
        super().__init__(session_info, credential_info)
        self._http = http
        self._pin = pin

    async def authorize_signature(self, hash_b64s):
        request = self.format_csc_auth_request(
            num_signatures=len(hash_b64s), hash_b64s=hash_b64s, pin=self._pin
        )
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self._http.post(url, json=request, headers=self.auth_headers) as answer:
            assert answer.status == 200, await answer.text()
            return self.parse_csc_auth_response(await answer.json())


async def test_pyhanko_s_csc_client_signs_a_pdf_that_pyhanko_finds_valid(sandbox) -> None:
    account = sandbox.account("csc", mst=MST, pin="2468")
    trust = Path(sandbox.places["trust"])
    tls = ssl.create_default_context()
    roots = [asn1.Certificate.load(_der(path)) for path in trust.iterdir()]
    for path in trust.iterdir():
        tls.load_verify_locations(path)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
        login = {"Authorization": aiohttp.encode_basic_auth(account.account, account.password)}
        base = f"{account.host}/csc/v1"
        async with http.post(f"{base}/auth/login", json={}, headers=login) as answer:
            token = (await answer.json())["access_token"]
        session = csc_signer.CSCServiceSessionInfo(
            service_url=account.host, credential_id="", oauth_token=token
        )
        headers = session.auth_headers
        async with http.post(f"{base}/credentials/list", json={}, headers=headers) as answer:
            (credential_id,) = (await answer.json())["credentialIDs"]
        session = csc_signer.CSCServiceSessionInfo(
            service_url=account.host, credential_id=credential_id, oauth_token=token
        )
        credential = await csc_signer.fetch_certs_in_csc_credential(http, session)
        manager = _PinAlone(session, credential, http=http, pin="2468")
        signer = csc_signer.CSCSigner(http, auth_manager=manager)

        output = await signers.async_sign_pdf(
            IncrementalPdfFileWriter(BytesIO(_document())),
            signers.PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256"),
            signer=signer,
        )

    (found,) = PdfFileReader(output).embedded_signatures
    status = await async_validate_pdf_signature(
        found,
        signer_validation_context=ValidationContext(trust_roots=roots),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    assert status.bottom_line, status.pretty_print_details()
    assert found.signer_cert.dump() == account.certificate


def _document() -> bytes:
    writer = PdfFileWriter()
    empty = writer.add_object(StreamObject(stream_data=b""))
    writer.insert_page(PageObject(contents=empty, media_box=(0, 0, 595, 842)))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _der(path: Path) -> bytes:
    return pem.unarmor(path.read_bytes())[2]
