"""profiles.toml is read strictly."""

from importlib import resources

import msgspec
import pytest

from agent.errors import DocumentError
from agent.formats.xml import XmlFormat, verify
from agent.formats.xml.profiles import PROFILES, KeyInfoPart, Profile, read_profiles
from tests.support.pki import NOW, Holder

TEXT = resources.files("agent.formats.xml").joinpath("profiles.toml").read_text("utf-8")


def test_bhxh_hoso_is_there() -> None:
    profile = PROFILES["bhxh-hoso"]

    assert profile.container == ("Hoso", "CKy_Dvi")
    assert profile.key_info[0] is KeyInfoPart.RSA_KEY_VALUE
    assert profile.signing_time.time_namespace == "http://example.org/#signatureProperties"


@pytest.mark.parametrize("form", ["TK1-TS", "TK3-TS", "D01-TS", "D02-TS", "D05-TS", "M01B-HSB"])
def test_declarations_are_signed_in_the_cky_of_their_root(unit: Holder, form: str) -> None:
    profile = PROFILES["bhxh-tokhai"]
    document = f"<{form}><NoiDung><Ten>x</Ten></NoiDung><Cky/></{form}>".encode()
    made = XmlFormat(profile).prepare(document, certificate=unit.der, signing_time=NOW)

    signed = made.complete(unit.sign(made.digest))

    assert made.description.preview.splitlines() == [form, "NoiDung", "  Ten: x"]
    assert signed.startswith(f"<{form}><NoiDung><Ten>x</Ten></NoiDung><Cky><Signature ".encode())
    assert verify(signed, profile).covered == document.replace(b"<Cky/>", b"<Cky></Cky>")
    with pytest.raises(DocumentError, match="signature_invalid"):
        verify(signed.replace(form.encode(), b"D03-TS"), profile)


class TestWhatAProfileMayChange:
    """So that the next receiver is a new table and not new code."""

    def signed(self, unit: Holder, **changes) -> tuple[bytes, Profile]:
        profile = msgspec.structs.replace(PROFILES["bhxh-hoso"], **changes)
        made = XmlFormat(profile).prepare(
            b"<TK1-TS><Cky/></TK1-TS>" if "container" in changes else b"<Hoso><CKy_Dvi/></Hoso>",
            certificate=unit.der,
            signing_time=NOW,
        )
        document = made.complete(unit.sign(made.digest))
        assert verify(document, profile).certificate == unit.der
        return document, profile

    def test_the_container(self, unit: Holder) -> None:
        document, _ = self.signed(unit, container=("*", "Cky"))

        assert document.startswith(b"<TK1-TS><Cky><Signature ")

    def test_the_id(self, unit: Holder) -> None:
        document, _ = self.signed(unit, signature_id='a"&<b')

        assert b'Id="a&quot;&amp;&lt;b"' in document

    def test_no_signing_time(self, unit: Holder) -> None:
        document, profile = self.signed(unit, signing_time=None)

        assert b"<Object" not in document
        assert verify(document, profile).claimed_time is None
        with pytest.raises(DocumentError, match="signature_invalid"):
            verify(document, PROFILES["bhxh-hoso"])

    @pytest.mark.parametrize(
        "parts",
        [
            (KeyInfoPart.X509_CERTIFICATE,),
            (KeyInfoPart.X509_CERTIFICATE, KeyInfoPart.X509_SUBJECT_NAME),
            (KeyInfoPart.X509_CERTIFICATE, KeyInfoPart.RSA_KEY_VALUE),
        ],
    )
    def test_key_info_and_its_order(self, unit: Holder, parts) -> None:
        document, _ = self.signed(unit, key_info=parts)

        elements = {
            KeyInfoPart.X509_CERTIFICATE: b"<X509Certificate>",
            KeyInfoPart.X509_SUBJECT_NAME: b"<X509SubjectName>",
            KeyInfoPart.RSA_KEY_VALUE: b"<RSAKeyValue>",
        }
        places = [document.find(elements[part]) for part in parts]
        assert places == sorted(places)
        assert -1 not in places


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('digest = "sha256"', 'digest = "sha1"'),
        ('digest = "sha256"', 'digst = "sha256"'),
        ('container = ["Hoso", "CKy_Dvi"]', "container = []"),
        ('signature = ["rsa-sha256"]', "signature = []"),
        ('signature_id = "sigid"', ""),
        ('placement = "unsigned-object"', 'placement = "somewhere"'),
        ('"x509-certificate"]', '"x509-certificate", "key-name"]'),
        ('id_attribute = "Id"', 'id_attribute = "iD"'),
        ('path = ["HDon", "DLHDon"]', "path = []"),
        ('path = ["HDon", "DLHDon"]', 'path = ["*", "DLHDon"]'),
        ('path = ["HDon", "DLHDon"]', 'path = ["HDon"]'),  # it would hold the co-signers' places
        ('object_id = "SigningTime"\n', ""),
        ('form = "vietnam"', 'form = "local"'),
        ('transforms = ["enveloped-signature"]', "transforms = []"),
        ('transforms = ["enveloped-signature"]', 'transforms = ["xpath"]'),
        ('["enveloped-signature"]', '["c14n-1.0", "enveloped-signature"]'),
        ('["enveloped-signature"]', '["enveloped-signature", "enveloped-signature"]'),
        ('["enveloped-signature"]', '["enveloped-signature", "c14n-1.0", "exc-c14n-1.0"]'),
        (
            'container = ["Hoso", "CKy_Dvi"]',
            'container = ["Hoso", "A"]\nco_signers = [["Hoso", "B"]]',
        ),
    ],
)
def test_what_cannot_be_honoured_is_an_error(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(msgspec.ValidationError):
        read_profiles(TEXT.replace(old, new))
