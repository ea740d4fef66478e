"""Profile bhxh-hoso to the letter, and what signing must leave alone."""

import base64
import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from agent.errors import DocumentError, InternalError, UserError
from agent.formats.registry import FORMATS, format_for
from agent.formats.signer import signer_of
from agent.formats.xml import PROFILES, PreparedXml, markup, verify
from agent.keys import Mechanism
from tests.support.pki import Authority, Holder, ec_key, rsa_key

DS = "{http://www.w3.org/2000/09/xmldsig#}"
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DOSSIER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<Hoso xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    "<NoiDung><MaSoThue>0101300842</MaSoThue><Ten>Công ty Mẫu</Ten></NoiDung>"
    "<CKy_Dvi></CKy_Dvi></Hoso>"
).encode()


def prepared(document: bytes, unit: Holder, *, at: datetime = NOON) -> PreparedXml:
    made = format_for("bhxh-hoso").prepare(document, certificate=unit.der, signing_time=at)
    assert isinstance(made, PreparedXml)
    return made


def signed(document: bytes, unit: Holder, *, at: datetime = NOON) -> bytes:
    made = prepared(document, unit, at=at)
    return made.complete(unit.sign(made.digest))


def signature_of(document: bytes) -> etree._Element:
    (found,) = etree.fromstring(document).iter(DS + "Signature")
    return found


class TestTheProfileToTheLetter:
    """facts/bhxh.md B3, verified there on signatures that BHXH had accepted."""

    def test_one_reference_to_the_whole_document_with_one_transform(self, unit: Holder) -> None:
        info = signature_of(signed(DOSSIER, unit)).find(DS + "SignedInfo")

        algorithms = [(e.tag.removeprefix(DS), e.get("Algorithm")) for e in info.iter() if e.attrib]
        assert algorithms == [
            ("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
            ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
            ("Reference", None),
            ("Transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
            ("DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256"),
        ]
        assert [r.get("URI") for r in info.iter(DS + "Reference")] == [""]

    def test_the_signature_is_the_only_content_of_the_container(self, unit: Holder) -> None:
        signature = signature_of(signed(DOSSIER, unit))

        assert signature.get("Id") == "sigid"
        assert signature.getparent().tag == "CKy_Dvi"
        assert [c.tag.removeprefix(DS) for c in signature] == [
            "SignedInfo",
            "SignatureValue",
            "KeyInfo",
            "Object",
        ]

    def test_key_info_is_key_value_then_subject_name_and_certificate(self, unit: Holder) -> None:
        key_info = signature_of(signed(DOSSIER, unit)).find(DS + "KeyInfo")

        assert [e.tag.removeprefix(DS) for e in key_info.iter()] == [
            "KeyInfo",
            "KeyValue",
            "RSAKeyValue",
            "Modulus",
            "Exponent",
            "X509Data",
            "X509SubjectName",
            "X509Certificate",
        ]
        certificate = key_info.findtext(f".//{DS}X509Certificate")
        assert base64.b64decode(certificate) == unit.der
        assert not set(certificate) & set(" \r\n\t")
        assert "UID=MST:0101300842" in key_info.findtext(f".//{DS}X509SubjectName")

    def test_the_signing_time_is_true_utc_in_the_unsigned_object(self, unit: Holder) -> None:
        hanoi = timezone(timedelta(hours=7))
        at = datetime(2026, 11, 23, 6, 30, 15, 999, tzinfo=hanoi)

        written = signed(DOSSIER, unit, at=at)

        assert (
            b'<Object><SignatureProperties xmlns="" Id="proid">'
            b'<SignatureProperty Target="#sigid">'
            b'<SigningTime xmlns="http://example.org/#signatureProperties">2026-11-22T23:30:15Z'
            b"</SigningTime></SignatureProperty></SignatureProperties></Object></Signature>"
        ) in written

    def test_rsa_sha256_only(self, ca: Authority) -> None:
        holder = ca.issue("EC", key=ec_key("ec"))

        with pytest.raises(UserError) as caught:
            prepared(DOSSIER, holder)

        assert (caught.value.code, caught.value.details) == (
            "certificate_unsuitable",
            {"reason": "key"},
        )

    def test_a_short_rsa_key_is_refused(self, ca: Authority) -> None:
        holder = ca.issue("short", key=rsa_key("short", 1024))

        with pytest.raises(UserError, match="certificate_unsuitable"):
            prepared(DOSSIER, holder)

    def test_the_digest_is_of_signed_info_with_the_namespaces_in_scope(self, unit: Holder) -> None:
        made = prepared(DOSSIER, unit)

        start = (
            b'<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#"'
            b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        )
        document = made.complete(unit.sign(made.digest))
        rest = document[document.index(b"<CanonicalizationMethod") :].partition(b"</SignedInfo>")[0]
        assert made.digest == hashlib.sha256(start + rest + b"</SignedInfo>").digest()
        assert made.mechanism is Mechanism.RSA_PKCS1_SHA256


class TestPrepared:
    def test_describes_the_bytes_as_received(self, unit: Holder) -> None:
        description = prepared(DOSSIER, unit).description

        assert description.sha256 == hashlib.sha256(DOSSIER).hexdigest()
        assert description.size == len(DOSSIER)
        assert description.preview == "Nội dung hồ sơ\n  MaSoThue: 0101300842\n  Ten: Công ty Mẫu"
        assert not description.preview_cut

    def test_preparing_twice_gives_the_same_digest(self, unit: Holder) -> None:
        assert prepared(DOSSIER, unit).digest == prepared(DOSSIER, unit).digest

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda value: value[:-1],
            lambda value: bytes([value[0] ^ 1]) + value[1:],
            lambda _: b"",
            lambda value: value + b"\0",
            lambda value: value * 4000,
        ],
    )
    def test_a_wrong_signature_value_never_leaves(self, unit: Holder, spoil) -> None:
        made = prepared(DOSSIER, unit)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(spoil(unit.sign(made.digest)))

    def test_another_keys_signature_never_leaves(self, ca: Authority, unit: Holder) -> None:
        made = prepared(DOSSIER, unit)

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(ca.issue("another").sign(made.digest))

        assert caught.value.details["reason"] == "value"

    def test_other_content_under_the_same_signature_never_leaves(self, unit: Holder) -> None:
        """The self-check compares with what was prepared, not only with itself."""
        made = prepared(DOSSIER, unit)
        other = prepared(DOSSIER.replace(b"0842", b"0843"), unit)
        mixed = dataclasses.replace(other, _reference_digest=made._reference_digest)

        with pytest.raises(InternalError, match="self_check_failed"):
            mixed.complete(unit.sign(mixed.digest))

    def test_another_certificate_in_the_document_never_leaves(
        self, ca: Authority, unit: Holder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same key may have several certificates; the one that was shown is the one."""
        made = prepared(DOSSIER, unit)
        renewed = ca.issue("renewed", key=unit.key)
        write = markup.signature
        monkeypatch.setattr(
            markup,
            "signature",
            lambda profile, **parts: write(profile, **parts | {"signer": signer_of(renewed.der)}),
        )

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(unit.sign(made.digest))

        assert caught.value.details == {"reason": "content"}


class TestContainers:
    @pytest.mark.parametrize(
        ("container", "code"),
        [
            ("", "container_missing"),
            ("<CKy_DVI/>", "container_missing"),
            ("<x><CKy_Dvi/></x>", "container_missing"),
            ('<CKy_Dvi xmlns="urn:x"/>', "container_missing"),
            ("<CKy_Dvi/><CKy_Dvi/>", "container_ambiguous"),
            ("<CKy_Dvi><a/></CKy_Dvi>", "container_not_empty"),
            ("<CKy_Dvi>a</CKy_Dvi>", "container_not_empty"),
            ("<CKy_Dvi>&#160;</CKy_Dvi>", "container_not_empty"),
            ("<CKy_Dvi><!-- --></CKy_Dvi>", "container_not_empty"),
            ("<CKy_Dvi><?x?></CKy_Dvi>", "container_not_empty"),
            ("<CKy_Dvi><![CDATA[a]]></CKy_Dvi>", "container_not_empty"),
        ],
    )
    def test_must_exist_once_and_be_empty(self, unit: Holder, container: str, code: str) -> None:
        with pytest.raises(DocumentError) as caught:
            prepared(f"<Hoso><NoiDung/>{container}</Hoso>".encode(), unit)

        assert caught.value.code == code
        assert caught.value.details["container"] == "Hoso/CKy_Dvi"

    @pytest.mark.parametrize(
        ("empty", "opened", "closed"),
        [
            ("<CKy_Dvi/>", "<CKy_Dvi>", "</CKy_Dvi>"),
            ("<CKy_Dvi  />", "<CKy_Dvi  >", "</CKy_Dvi>"),
            ("<CKy_Dvi></CKy_Dvi>", "<CKy_Dvi>", "</CKy_Dvi>"),
            ("<CKy_Dvi\n></CKy_Dvi >", "<CKy_Dvi\n>", "</CKy_Dvi >"),
            ("<CKy_Dvi>\r\n\t </CKy_Dvi>", "<CKy_Dvi>\r\n\t ", "</CKy_Dvi>"),
            ("<CKy_Dvi x='/'></CKy_Dvi>", "<CKy_Dvi x='/'>", "</CKy_Dvi>"),
            ("<CKy_Dvi x='/>'/>", "<CKy_Dvi x='/>'>", "</CKy_Dvi>"),
            ('<CKy_Dvi xmlns:a="urn:a" />', '<CKy_Dvi xmlns:a="urn:a" >', "</CKy_Dvi>"),
        ],
    )
    def test_every_way_to_write_an_empty_one(
        self, unit: Holder, empty: str, opened: str, closed: str
    ) -> None:
        written = signed(f"<Hoso>é{empty}ế</Hoso>".encode(), unit).decode()

        assert written.startswith(f"<Hoso>é{opened}<Signature ")
        assert written.endswith(f"</Signature>{closed}ế</Hoso>")

    def test_a_document_signed_already_is_refused(self, unit: Holder) -> None:
        with pytest.raises(DocumentError, match="container_not_empty"):
            prepared(signed(DOSSIER, unit), unit)

    def test_a_prefixed_container_keeps_its_prefix(self, unit: Holder) -> None:
        """For profiles of documents that have namespaces."""
        from msgspec.structs import replace

        from agent.formats.xml import XmlFormat

        profile = replace(PROFILES["bhxh-hoso"], container=("{urn:a}H", "{urn:b}C"))
        document = b'<a:H xmlns:a="urn:a" xmlns:b="urn:b"><b:C/></a:H>'
        made = XmlFormat(profile).prepare(document, certificate=unit.der, signing_time=NOON)

        written = made.complete(unit.sign(made.digest))

        assert written.endswith(b"</Signature></b:C></a:H>")
        assert verify(written, profile).certificate == unit.der


class TestEncodings:
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_utf8_with_and_without_a_mark(self, unit: Holder, mark: bytes) -> None:
        written = signed(mark + DOSSIER, unit)

        assert written.startswith(mark + b"<?xml")
        assert "Công ty Mẫu".encode() in written

    @pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
    def test_utf16_with_its_mark(self, unit: Holder, codec: str) -> None:
        text = "\ufeff" + DOSSIER.decode().replace("utf-8", "UTF-16")

        written = signed(text.encode(codec), unit).decode(codec)

        assert written.startswith(text.partition("</CKy_Dvi>")[0])
        assert "CN=CÔNG TY CỔ PHẦN MẪU" in written

    def test_letters_that_the_encoding_lacks_become_character_references(
        self, unit: Holder
    ) -> None:
        document = b'<?xml version="1.0" encoding="iso-8859-1"?><Hoso>\xe9<CKy_Dvi/></Hoso>'

        written = signed(document, unit)

        assert b"C\xd4NG TY C&#7892; PH&#7846;N" in written

    @pytest.mark.parametrize(
        "document",
        [
            b'<?xml version="1.0" encoding="utf-16"?><Hoso><CKy_Dvi/></Hoso>',
            b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-16"?><Hoso><CKy_Dvi/></Hoso>',
            b'\xef\xbb\xbf<?xml version="1.0" encoding="iso-8859-1"?><Hoso><CKy_Dvi/></Hoso>',
            b'<?xml version="1.0" encoding="windows-1258"?><Hoso><CKy_Dvi/></Hoso>',
            b'<?xml version="1.0" encoding="no-such"?><Hoso><CKy_Dvi/></Hoso>',
            b'<?xml version="1.0" encoding="us-ascii"?><Hoso>\xc3\xa9<CKy_Dvi/></Hoso>',
            b"<Hoso>\xe9<CKy_Dvi/></Hoso>",
            b"<Hoso>\xed\xa0\x80<CKy_Dvi/></Hoso>",
            b"<Hoso>\xc0\xaf<CKy_Dvi/></Hoso>",
            "<Hoso><CKy_Dvi/></Hoso>".encode("utf-16-le"),
            "\ufeff<Hoso><CKy_Dvi/></Hoso>".encode("utf-32-le"),
            "\ufeff<Hoso><CKy_Dvi/></Hoso>".encode("utf-16-le") + b"\0",
            b'<?xml version="1.0"'
            + b" " * 2000
            + b'encoding="iso-8859-1"?><Hoso><CKy_Dvi/></Hoso>',
        ],
    )
    def test_marks_declaration_and_bytes_must_agree(self, unit: Holder, document: bytes) -> None:
        with pytest.raises(DocumentError, match="document_encoding"):
            prepared(document, unit)


def test_every_profile_is_in_the_registry() -> None:
    assert set(PROFILES) <= set(FORMATS)


def test_an_unknown_profile_is_named_in_the_error() -> None:
    with pytest.raises(DocumentError) as caught:
        format_for("xades-z")

    assert (caught.value.code, caught.value.details) == ("profile_unknown", {"profile": "xades-z"})
