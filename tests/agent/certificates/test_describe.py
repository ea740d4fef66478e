"""What a certificate says of itself, also when its issuer writes it in an unusual way."""

from datetime import UTC, timedelta

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.certificates.describe import describe, read
from agent.certificates.names import common_name, rfc4514
from agent.errors import UserError
from agent.keys import KeyType
from protocol.identity import attribute_text
from tests.support.pki import DAY, NOW, Authority, Holder, Urls, ec_key, rsa_key


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


@pytest.fixture(scope="module")
def unit(ca: Authority) -> Holder:
    return ca.issue()


def named(ca: Authority, *attributes: x509.NameAttribute) -> bytes:
    """A certificate whose subject has exactly these attributes, in this order."""
    key = rsa_key("named")
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(ca.key, hashes.SHA256())
    )
    return Holder(certificate=made, key=key).der


def test_a_vietnamese_certificate(ca: Authority) -> None:
    unit = ca.issue(
        "CÔNG TY CỔ PHẦN MẪU", mst="0101300842-001", uids=("CCCD:001099012345",), serial=0x0A01
    )

    told = describe(unit.der)

    assert told.id == unit.id
    assert told.holder == "CÔNG TY CỔ PHẦN MẪU"
    assert told.mst == ("0101300842001",)
    assert told.identifiers == {"MST": ("0101300842-001",), "CCCD": ("001099012345",)}
    assert told.subject == (
        "UID=CCCD:001099012345,UID=MST:0101300842-001,CN=CÔNG TY CỔ PHẦN MẪU,ST=Hà Nội,C=VN"
    )
    assert told.issuer == "Test Public CA"
    assert told.issuer_subject == "CN=Test Public CA,C=VN"
    assert told.serial == "0A01"
    assert (told.key, told.key_type, told.key_bits) == ("RSA-2048", KeyType.RSA, 2048)
    assert told.unsuitable == ""
    assert told.not_before.utcoffset() == timedelta(0)
    assert told.not_after.astimezone(UTC) == unit.certificate.not_valid_after_utc


def test_its_bytes_do_not_clutter_logs(ca: Authority) -> None:
    assert "\\x" not in repr(describe(ca.issue().der))


@pytest.mark.parametrize(
    ("serial", "printed"),
    [(1, "01"), (0x5401, "5401"), (0xFF, "00FF"), (0x0102030405, "0102030405")],
)
def test_serial_numbers_keep_their_leading_zeros(ca: Authority, serial: int, printed: str) -> None:
    assert describe(ca.issue(serial=serial).der).serial == printed


class TestKeys:
    @pytest.mark.parametrize(
        ("curve", "key", "unsuitable"),
        [
            (ec.SECP256R1(), "EC-P-256", ""),
            (ec.SECP384R1(), "EC-P-384", ""),
            (ec.SECP521R1(), "EC-P-521", ""),
            (ec.SECP256K1(), "EC-secp256k1", "key"),
            (ec.SECP224R1(), "EC-secp224r1", "key"),
        ],
    )
    def test_curves(self, ca: Authority, curve, key: str, unsuitable: str) -> None:
        told = describe(ca.issue(key=ec.generate_private_key(curve)).der)

        assert (told.key, told.unsuitable) == (key, unsuitable)

    def test_a_kind_of_key_that_we_do_not_use(self, ca: Authority) -> None:
        told = describe(ca.issue(key=ed25519.Ed25519PrivateKey.generate()).der)

        assert (told.key, told.key_type, told.unsuitable) == ("Ed25519", None, "key")

    def test_unsuitable_for_several_reasons_names_the_key_first(self, ca: Authority) -> None:
        told = describe(ca.issue(key=rsa_key("short", 1024), usage=("key_agreement",)).der)

        assert told.unsuitable == "key"


class TestNames:
    def test_special_characters_are_escaped(self, ca: Authority) -> None:
        der = named(
            ca,
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ' a, "b" + c;d<e>\\ '),
            x509.NameAttribute(NameOID.COMMON_NAME, "#1\x01\u202e"),
        )

        assert rfc4514(read(der).subject) == (
            'CN=\\#1\\01\\E2\\80\\AE,O=\\ a\\, \\"b\\" \\+ c\\;d\\<e\\>\\\\\\ '
        )

    def test_types_without_a_short_name_are_written_as_the_rfc_wants(self, ca: Authority) -> None:
        der = named(
            ca,
            x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "é"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.vn"),
        )

        assert rfc4514(read(der).subject) == "emailAddress=a@b.vn,1.2.3.4=#0c02c3a9"

    def test_several_attributes_in_one_part(self) -> None:
        name = asn1.Name.build({"country_name": "VN", "common_name": "A"})
        joined = asn1.RDNSequence([asn1.RelativeDistinguishedName(
            [part[0] for part in name.chosen]
        )])  # fmt: skip

        written = rfc4514(asn1.Name(name="", value=joined))

        assert sorted(written.split("+")) == ["C=VN", "CN=A"]

    @pytest.mark.parametrize(
        "kind",
        [_ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.IA5String,
         _ASN1Type.BMPString, _ASN1Type.T61String],
    )  # fmt: skip
    def test_whatever_string_type_the_issuer_chose(self, ca: Authority, kind) -> None:
        der = named(
            ca,
            x509.NameAttribute(NameOID.COMMON_NAME, "Cong ty", _type=kind),
            x509.NameAttribute(NameOID.USER_ID, "MST:0101300842", _type=kind),
            x509.NameAttribute(x509.ObjectIdentifier("2.5.4.20"), "0900000000", _type=kind),
        )

        told = describe(der)

        assert (told.holder, told.mst) == ("Cong ty", ("0101300842",))
        assert told.subject == "telephoneNumber=0900000000,UID=MST:0101300842,CN=Cong ty"

    def test_without_cn_the_holder_is_the_organisation(self, ca: Authority) -> None:
        der = named(ca, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sở Y tế"))

        assert describe(der).holder == "Sở Y tế"

    def test_without_either_it_is_the_whole_name(self, ca: Authority) -> None:
        der = named(ca, x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"))

        assert common_name(read(der).subject) == "C=VN"

    def test_an_empty_subject(self, ca: Authority) -> None:
        assert describe(named(ca)).holder == ""

    def test_a_value_that_is_no_text(self) -> None:
        attribute = asn1.NameTypeAndValue.load(
            bytes.fromhex("3008 0603550403 020100".replace(" ", ""))
        )

        assert attribute_text(attribute) is None


class TestBytesFromAnywhere:
    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=200))
    def test_fail_by_name(self, der: bytes) -> None:
        with pytest.raises(UserError, match="certificate_unsuitable"):
            describe(der)

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def test_so_do_damaged_certificates(self, unit: Holder, data) -> None:
        der = bytearray(unit.der)
        for _ in range(data.draw(st.integers(1, 3))):
            der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
        try:
            describe(bytes(der))
        except UserError as error:
            assert error.code == "certificate_unsuitable"

    def test_something_behind_the_certificate_is_refused(self, ca: Authority) -> None:
        with pytest.raises(UserError):
            describe(ca.issue().der + b"\0")


def test_elliptic_curves_are_for_signing_too(ca: Authority) -> None:
    assert describe(ca.issue("EC", key=ec_key("describe")).der).key_type is KeyType.EC
