import hashlib

import pytest
from asn1crypto import tsp, x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper

from agent.errors import ServiceError, UserError
from tests.support.csc_service import CscService

NAMES = {32: "sha256", 48: "sha384", 64: "sha512"}


@pytest.fixture(scope="module")
def authority(certificates):
    """A TSA of another's making (pyHanko)."""
    holder = certificates.ca.issue(
        "TSA", mst=None, usage=("digital_signature",), eku=(ExtendedKeyUsageOID.TIME_STAMPING,)
    )
    key = holder.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(x509.Certificate.load(holder.der), PrivateKeyInfo.load(key))


def stamper(authority, *, digest=None, nonce=None):
    def stamp(asked: bytes, _hash_algo: str, asked_nonce: str) -> bytes:
        over = digest or asked
        request = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": NAMES[len(over)]},
                    "hashed_message": over,
                },
                "nonce": nonce or int(asked_nonce, 16),
                "cert_req": True,
            }
        )
        return authority.request_tsa_response(request)["time_stamp_token"].dump()

    return stamp


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_token_over_what_was_asked(signed_in, authority, name, version):
    service = CscService(version=version)
    service.stamp = stamper(authority)
    digest = hashlib.new(name, b"x").digest()
    async with signed_in(service) as session:
        token = await session.timestamp(digest)

    info = tsp.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == digest


@pytest.mark.parametrize("wrong", [{"digest": bytes(32)}, {"nonce": 7}])
async def test_a_token_for_anything_else_is_refused(signed_in, authority, wrong):
    service = CscService()
    service.stamp = stamper(authority, **wrong)
    async with signed_in(service) as session:
        with pytest.raises(ServiceError) as caught:
            await session.timestamp(hashlib.sha256(b"x").digest())

    assert caught.value.code == "service_malformed"


@pytest.mark.parametrize("token", [b"", b"0", b"0\x00", bytes(2000)])
async def test_what_is_no_token_is_refused(signed_in, token):
    service = CscService()
    service.stamp = lambda *_: token
    async with signed_in(service) as session:
        with pytest.raises(ServiceError) as caught:
            await session.timestamp(hashlib.sha256(b"x").digest())

    assert caught.value.code == "service_malformed"


async def test_a_service_without_timestamps_is_not_asked(signed_in):
    service = CscService()
    service.methods.remove("signatures/timestamp")
    async with signed_in(service) as session:
        with pytest.raises(UserError) as caught:
            await session.timestamp(bytes(32))

    assert caught.value.code == "certificate_unsuitable"
    assert not service.asked("signatures/timestamp")
