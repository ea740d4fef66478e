"""The CA, judged by openssl."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.sandbox import public_key, subscriber
from webui.sandbox.ca import Authority, Order, keys
from webui.sandbox.ca.architecture import ISSUING, OURS, ROOT
from webui.sandbox.ca.authority import UnknownCertificateError
from webui.sandbox.ca.keys import new as really_new

URL = "http://127.0.0.1:8621"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.open(tmp_path / "ca", url=URL)


def pem(der: bytes, path: Path) -> Path:
    subprocess.run(["openssl", "x509", "-inform", "DER", "-out", path], input=der, check=True)
    return path


def verified_by_openssl(
    authority: Authority, certificate: bytes, folder: Path, *, at: datetime | None = None
) -> str:
    """What `openssl verify` says, with the CRLs of both CAs asked for the whole chain."""
    crls = b""
    for ca in (ROOT, ISSUING):
        made = subprocess.run(
            ["openssl", "crl", "-inform", "DER"],
            input=authority.crl(ca),
            capture_output=True,
            check=True,
        )
        crls += made.stdout
    (folder / "crls.pem").write_bytes(crls)
    moment = ["-attime", str(int(at.timestamp()))] if at else []
    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-crl_check_all", *moment),
            *("-CAfile", authority.trust / "root.pem"),
            *("-untrusted", authority.trust / "issuing.pem"),
            *("-CRLfile", folder / "crls.pem"),
            pem(certificate, folder / "certificate.pem"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


class TestCertificates:
    def test_a_subscribers_chain_and_crls_satisfy_openssl_to_the_letter(
        self, authority, tmp_path
    ) -> None:
        company = subscriber(authority)

        assert "certificate.pem: OK" in verified_by_openssl(
            authority, company.certificate, tmp_path
        )

    def test_it_looks_like_a_vietnamese_cas(self, authority) -> None:
        made = x509.Certificate.load(subscriber(authority, mst="9900000143").certificate)

        names = [(rdn[0]["type"].native, rdn[0]["value"].native) for rdn in made.subject.chosen]
        assert ("country_name", "VN") in names
        assert ("common_name", "CÔNG TY THỬ") in names
        assert ("user_id", "MST:9900000143") in names
        assert made.public_key.bit_size == 2048
        assert made.key_usage_value.native == {"digital_signature", "non_repudiation"}
        assert made.not_valid_after - made.not_valid_before == timedelta(days=3 * 365 - 1)
        assert made.ocsp_urls == [f"{URL}/ca/ocsp/issuing"]
        points = made.crl_distribution_points
        assert [point.url for point in points] == [f"{URL}/ca/crls/issuing/latest.crl"]

    def test_serials_are_unguessable_and_differ(self, authority) -> None:
        serials = {
            x509.Certificate.load(subscriber(authority).certificate).serial_number for _ in range(3)
        }

        assert len(serials) == 3
        assert all(serial.bit_length() > 120 for serial in serials)

    def test_an_expired_certificate_can_be_ordered(self, authority, tmp_path) -> None:
        company = subscriber(authority, not_before=datetime.now(UTC) - timedelta(days=4 * 365))

        assert "certificate has expired" in verified_by_openssl(
            authority, company.certificate, tmp_path
        )

    def test_what_is_not_a_public_key_is_refused(self, authority) -> None:
        with pytest.raises((ValueError, TypeError)):
            authority.issue(Order(name="X", public_key=b"not a key"))

        assert authority.issued() == []


class TestRevocation:
    def test_a_revoked_certificate_is_in_the_very_next_crl(self, authority, tmp_path) -> None:
        company = subscriber(authority)
        assert ": OK" in verified_by_openssl(authority, company.certificate, tmp_path)

        authority.revoke(company.certificate)

        said = verified_by_openssl(authority, company.certificate, tmp_path)
        assert "certificate revoked" in said

    def test_others_are_not_touched(self, authority, tmp_path) -> None:
        one, other = subscriber(authority), subscriber(authority)

        authority.revoke(one.certificate)

        assert ": OK" in verified_by_openssl(authority, other.certificate, tmp_path)

    def test_the_first_revocation_counts(self, authority) -> None:
        company = subscriber(authority)
        authority.revoke(company.certificate, reason="superseded")
        first = authority.issued()[0].revocation

        authority.revoke(company.certificate, reason="key_compromise")

        assert authority.issued()[0].revocation == first

    def test_a_strangers_certificate_cannot_be_revoked(self, authority, tmp_path) -> None:
        stranger = subscriber(Authority.open(tmp_path / "other", url=URL))

        with pytest.raises(UnknownCertificateError):
            authority.revoke(stranger.certificate)

    def test_an_empty_crl_has_no_list_and_all_times_are_utctime(self, authority) -> None:
        """RFC 5280 §5.1.2.4 and §5.1.2.6."""
        content = asn1_crl.CertificateList.load(authority.crl(ISSUING))["tbs_cert_list"]

        assert content["revoked_certificates"].native is None
        assert {content[when].name for when in ("this_update", "next_update")} == {"utc_time"}

    def test_an_ocsp_request_that_is_none_gets_an_error_and_no_crash(self, authority) -> None:
        for request in (b"", b"\x30", b"\x30\x03\x02\x01\x01", b"x" * 1000):
            answer = asn1_ocsp.OCSPResponse.load(authority.ocsp(ISSUING, request))
            assert answer["response_status"].native == "malformed_request"


class TestMemory:
    def test_opened_again_it_is_the_same_ca_and_remembers(self, authority, tmp_path) -> None:
        kept, gone = subscriber(authority), subscriber(authority)
        authority.revoke(gone.certificate)

        again = Authority.open(tmp_path / "ca", url=URL)

        assert (again.root, again.issuing) == (authority.root, authority.issuing)
        assert ": OK" in verified_by_openssl(again, kept.certificate, tmp_path)
        assert "revoked" in verified_by_openssl(again, gone.certificate, tmp_path)

    def test_every_ca_has_keys_of_its_own(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(keys, "new", really_new)
        for name in ("one", "other"):
            Authority.open(tmp_path / name, url=URL)

        made = {path.read_bytes() for path in tmp_path.glob("*/*.key.pem")}
        assert len(made) == 2 * len(OURS)

    def test_private_keys_are_readable_by_their_owner_alone(self, authority, tmp_path) -> None:
        files = list((tmp_path / "ca").glob("*.key.pem"))

        assert len(files) == len(OURS)
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}

    def test_a_subscribers_private_key_was_never_here(self, authority, tmp_path) -> None:
        key = rsa.generate_private_key(65537, 2048)
        authority.issue(Order(name="X", public_key=public_key(key)))

        modulus = f"{key.private_numbers().p:x}".encode()
        assert not [
            path for path in tmp_path.rglob("*") if path.is_file() and modulus in path.read_bytes()
        ]
