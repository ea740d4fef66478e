"""Remote signing judged by other people's programs.

certomancer-csc-dummy   a service of CSC v1.0.4.0: our client must get good signatures of it
pyHanko's CSC client    must get them of the service that our own tests play

Neither knows `auth/login`; the dummy gets one from us, that lets everybody in.
"""

import hashlib
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from certomancer.registry import CertomancerConfig
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from csc_dummy.csc_dummy_server import (
    CSCWithCertomancer,
    DummyServiceParams,
    GeneralServiceInfo,
)
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)

from agent.hsm.api import ToSign
from agent.hsm.csc import Csc
from agent.hsm.provider import Login, Pending
from agent.keys import Mechanism
from agent.secret import Secret
from tests.support.csc_service import PSS, RSA, Asks, CscService, Key, verify
from tests.support.doors import plain_door
from tests.support.pki import Authority, Urls, ec_key, rsa_key

WORLD = """
external-url-prefix: "http://127.0.0.1"
keysets:
  office:
    path-prefix: keys
    keys: {root: {path: root.pem}, company: {path: company.pem}, curve: {path: curve.pem}}
pki-architectures:
  office:
    keyset: office
    entity-defaults: {country-name: VN}
    entities:
      root: {common-name: Root}
      company: {common-name: Company}
      curve: {common-name: Curve}
    certs:
      root:
        subject: root
        issuer: root
        validity: &long
          valid-from: "2020-01-01T00:00:00+0000"
          valid-to: "2100-01-01T00:00:00+0000"
        extensions: [{id: basic_constraints, critical: true, value: {ca: true}}]
      company: {subject: company, issuer: root, validity: *long}
      curve: {subject: curve, issuer: root, validity: *long}
"""


def things(*names: str) -> list[ToSign]:
    return [
        ToSign(name=name, digest=hashlib.sha256(name.encode()).digest(), message=name.encode())
        for name in names
    ]


@pytest.fixture(params=[True, False], ids=["SCAL2", "SCAL1"])
async def dummy(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "keys").mkdir()
    keys = {"root": rsa_key("dummy root"), "company": rsa_key("dummy"), "curve": ec_key("dummy")}
    for name, key in keys.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "keys" / f"{name}.pem").write_bytes(pem)
    world = CertomancerConfig(yaml.safe_load(WORLD), key_search_dir=str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", web.NotAppKeyWarning)  # the dummy is older than those keys
        service = CSCWithCertomancer(
            world,
            svc_info=GeneralServiceInfo(auth_type=["basic"]),
            service_params=DummyServiceParams(hash_pinning_required=request.param),
        )
    service.register_routes()

    async def login(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "everybody", "expires_in": 3600})

    service.app.router.add_post("/csc/v1/auth/login", login)
    async with TestServer(service.app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.parametrize(
    ("credential", "mechanism"),
    [
        ("office/company", Mechanism.RSA_PKCS1_SHA256),
        ("office/company", Mechanism.RSA_PSS_SHA256),
        ("office/curve", Mechanism.ECDSA_SHA256),
    ],
)
async def test_our_client_signs_with_a_service_of_others(dummy, credential, mechanism):
    documents = things("tờ khai", "bảng kê")
    async with plain_door(dummy) as door:
        session = await Csc().sign_in(door, Login(name="minhhoa", password=Secret("x")))
        found = {each.id: each for each in await session.list_credentials()}
        chosen = found[credential]
        leave = await session.authorise(chosen, documents, mechanism, pin=None, otp=None)
        signatures = await session.sign_hashes(leave)
        while isinstance(signatures, Pending):
            signatures = await session.poll(signatures)

    assert set(found) == {"office/root", "office/company", "office/curve"}
    assert chosen.chain
    assert chosen.most_hashes == 10
    certificate = x509.load_der_x509_certificate(chosen.certificate)
    for document, signature in zip(documents, signatures, strict=True):
        pss = mechanism is Mechanism.RSA_PSS_SHA256
        verify(certificate, signature, document.message, pss=pss)


class PinAndOtp(CSCAuthorizationManager):
    """pyHanko leaves credentials/authorize to its users."""

    def __init__(self, session_info, credential_info, client):
        super().__init__(session_info, credential_info)
        self._client = client

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        request = self.format_csc_auth_request(pin="2468", otp="135790", hash_b64s=hash_b64s)
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self._client.post(url, headers=self.auth_headers, json=request) as response:
            return self.parse_csc_auth_response(await response.json())


@pytest.mark.parametrize("prefer_pss", [False, True])
async def test_the_service_of_our_tests_signs_for_a_client_of_others(prefer_pss):
    ca = Authority.under(Authority.root(), urls=Urls())
    key = Key(
        holder=ca.issue(),
        chain=(ca.der,),
        asks=Asks(pin="2468", otp="135790"),
        algos=(RSA, "1.2.840.113549.1.1.11", PSS),
    )
    async with CscService(key) as service, aiohttp.ClientSession() as client:
        token = service._token()["access_token"]
        about = CSCServiceSessionInfo(service.url, key.id, oauth_token=token)
        credential = await fetch_certs_in_csc_credential(client, about)
        signer = CSCSigner(client, PinAndOtp(about, credential, client), prefer_pss=prefer_pss)
        signature = await signer.async_sign_raw("tờ khai".encode(), "sha256")

    verify(key.holder.certificate, signature, "tờ khai".encode(), pss=prefer_pss)
