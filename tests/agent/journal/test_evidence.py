"""Of what kind a piece of evidence is says its structure, and nobody has to be believed."""

import hashlib

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from cryptography.x509.ocsp import OCSPRequestBuilder
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.evidence import Exhibit, Kind, kind_of
from tests.support.pki import Authority, Urls


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root()


def test_certificates(root: Authority) -> None:
    assert kind_of(root.der) is Kind.CERTIFICATE
    assert kind_of(root.issue("CÔNG TY A", mst="0101300842").der) is Kind.CERTIFICATE


def test_a_certificate_of_version_1_is_no_crl(root: Authority) -> None:
    parsed = x509.Certificate.load(root.der)
    tbs = parsed["tbs_certificate"]
    old = x509.TbsCertificate({"version": "v1", "serial_number": 1})
    for name in ("signature", "issuer", "validity", "subject", "subject_public_key_info"):
        old[name] = tbs[name]
    parsed = x509.Certificate(
        {
            "tbs_certificate": old,
            "signature_algorithm": parsed["signature_algorithm"],
            "signature_value": parsed["signature_value"],
        }
    )

    assert kind_of(parsed.dump(force=True)) is Kind.CERTIFICATE


def test_what_an_authority_answers(root: Authority) -> None:
    ca = Authority.under(root, urls=Urls())
    holder = ca.issue("CÔNG TY A", mst="0101300842")

    assert kind_of(ca.crl()) is Kind.CRL
    ca.revoked[holder.certificate.serial_number] = ReasonFlags.key_compromise
    assert kind_of(ca.crl()) is Kind.CRL
    asked = OCSPRequestBuilder().add_certificate(holder.certificate, ca.certificate, SHA1())
    request = asked.build().public_bytes(Encoding.DER)
    assert kind_of(ca.ocsp_answer(request)) is Kind.OCSP


def test_a_time_stamp_is_signed_data() -> None:
    signed_data = bytes.fromhex("300f06092a864886f70d010702a0023000")

    assert kind_of(signed_data) is Kind.TIMESTAMP


@pytest.mark.parametrize(
    "other", [b"", b"0", b"chain", b"0\x00", b"0\x80", b"0\x84\xff\xff\xff\xff", b"0\x020\x00"]
)
def test_anything_else_is_something_else(other: bytes) -> None:
    assert kind_of(other) is Kind.OTHER


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda b: b"0\x3c0\x3a" + b))
def test_no_bytes_raise_an_error(octets: bytes) -> None:
    assert Exhibit.of(octets) == Exhibit(
        kind=kind_of(octets), sha256=hashlib.sha256(octets).hexdigest()
    )
