"""Signing by a shape: what is refused, what is written, what is left alone."""

import base64
import dataclasses
import hashlib
import re
from datetime import UTC, datetime

import pytest
from lxml import etree

from agent.documents import Digested
from agent.errors import DocumentError, InternalError, UserError
from agent.formats.levels import Level
from agent.formats.options import Options, Stamp
from agent.formats.registry import FORMATS, format_for
from agent.formats.xml.general import Coverage, verify
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Canonical, Content, Form, Packaging, Time, XmlShape
from agent.keys import Mechanism
from tests.support.pki import NOW, Authority, Holder, ec_key, rsa_key

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
DOCUMENT = (
    '<?xml version="1.0" encoding="utf-8"?>\r\n<Don xmlns="urn:d"><NoiDung Id="nd">Công ty'
    "</NoiDung><ChuKy/></Don>\n"
).encode()
ELEMENT, CONTAINER = ("{urn:d}Don", "{urn:d}NoiDung"), ("{urn:d}Don", "{urn:d}ChuKy")
BESIDE = XmlShape(element=ELEMENT, container=CONTAINER)
DETACHED = XmlShape(packaging=Packaging.DETACHED)
ENVELOPING = XmlShape(packaging=Packaging.ENVELOPING)
BASE64 = XmlShape(packaging=Packaging.ENVELOPING, content=Content.BASE64)


def prepared(document, holder: Holder, shape: XmlShape | None = None, **options):
    way = ShapedFormat().with_options(Options(xml=shape, **options))
    return way.prepare(document, certificate=holder.der, signing_time=NOW)


def signed(document, holder: Holder, shape: XmlShape | None = None, **options) -> bytes:
    made = prepared(document, holder, shape, **options)
    return made.complete(holder.sign_by(made.mechanism, made.digest))


def code_of(act) -> tuple[str, dict[str, object]]:
    with pytest.raises(DocumentError) as caught:
        act()
    return caught.value.code, caught.value.details


class TestWhatIsWritten:
    def test_the_default_is_xades_over_the_document_at_the_end_of_its_root(
        self, unit: Holder
    ) -> None:
        made = signed(DOCUMENT, unit)

        (found,) = verify(made)
        assert made.startswith(DOCUMENT[: DOCUMENT.index(b"</Don>")] + b"<ds:Signature ")
        assert made.endswith(b"</ds:Signature></Don>\n")
        assert [(one.kind, one.name) for one in found.covered] == [(Coverage.DOCUMENT, "")]
        assert (found.form, found.claimed_time, found.time_is_signed) == ("xades", NOW, True)

    def test_baseline_b_b_to_the_letter(self, unit: Holder) -> None:
        root = etree.fromstring(signed(DOCUMENT, unit))
        (properties,) = root.iter(XADES + "SignedProperties")

        names = [etree.QName(one).localname for one in properties.iter("*")]
        assert names == [
            *("SignedProperties", "SignedSignatureProperties", "SigningTime"),
            *("SigningCertificateV2", "Cert", "CertDigest", "DigestMethod", "DigestValue"),
            *("SignedDataObjectProperties", "DataObjectFormat", "MimeType"),
        ]
        digest = base64.b64decode(next(properties.iter(DS + "DigestValue")).text)
        assert digest == hashlib.sha256(unit.der).digest()
        content, own = root.iter(DS + "Reference")
        (format_,) = properties.iter(XADES + "DataObjectFormat")
        assert format_.get("ObjectReference") == f"#{content.get('Id')}"
        assert own.get("Type") == "http://uri.etsi.org/01903#SignedProperties"
        assert own.get("URI") == f"#{properties.get('Id')}"
        (qualifying,) = root.iter(XADES + "QualifyingProperties")
        assert qualifying.get("Target") == f"#{next(root.iter(DS + 'Signature')).get('Id')}"

    @pytest.mark.parametrize(
        ("time", "is_signed"),
        [
            (None, None),
            (Time.NONE, None),
            (Time.UNSIGNED_OBJECT, False),
            (Time.SIGNED_OBJECT, True),
        ],
    )
    def test_plain_xmldsig_says_its_time_where_it_was_asked_to(
        self, unit: Holder, time: Time | None, *, is_signed: bool | None
    ) -> None:
        made = signed(DOCUMENT, unit, XmlShape(form=Form.XMLDSIG, signing_time=time))

        (found,) = verify(made)
        assert found.form == "xmldsig"
        assert found.claimed_time == (None if is_signed is None else NOW)
        assert found.time_is_signed is bool(is_signed)

    def test_an_element_beside_needs_no_transform_but_a_canonicalization(
        self, unit: Holder
    ) -> None:
        made = signed(DOCUMENT, unit, BESIDE)

        (found,) = verify(made)
        assert b"<ChuKy><ds:Signature" in made
        assert [(one.kind, one.name) for one in found.covered] == [
            (Coverage.ELEMENT, "NoiDung #nd")
        ]
        assert found.covered[0].octets == (
            '<NoiDung xmlns="urn:d" Id="nd">Công ty</NoiDung>'.encode()
        )
        steps = [one.get("Algorithm") for one in etree.fromstring(made).iter(DS + "Transform")]
        assert steps == ["http://www.w3.org/2001/10/xml-exc-c14n#"] * 2

    def test_a_detached_one_of_a_file_of_which_the_hash_is_known(self, unit: Holder) -> None:
        content = b"x" * 1000
        digest = hashlib.sha256(content).digest()
        document = Digested(size=10**12, digests={"sha256": digest}, head=content[:10])

        made = signed(document, unit, DETACHED)

        for given in (document, content):
            (found,) = verify(made, content=given)
            assert (found.covered[0].kind, found.covered[0].digest) == (Coverage.EXTERNAL, digest)

    def test_an_enveloped_document_is_kept_as_it_was_with_its_declaration_before(
        self, unit: Holder
    ) -> None:
        mark = b"\xef\xbb\xbf"
        made = signed(mark + DOCUMENT, unit, ENVELOPING)

        declaration, _, rest = DOCUMENT.partition(b"?>")
        assert made.startswith(mark + declaration + b"?><ds:Signature ")
        assert rest + b"</ds:Object>" in made
        assert verify(made)[0].covered[0].kind is Coverage.OBJECT
        # A default namespace of the signature's would have become the document's own.
        (root,) = etree.fromstring(signed(b"<a/>", unit, ENVELOPING)).iter("a")
        assert root.tag == "a"

    def test_any_bytes_in_base64(self, unit: Holder) -> None:
        content = bytes(range(256)) * 3

        (found,) = verify(signed(content, unit, BASE64))

        assert found.covered[0].octets == content
        assert found.covered[0].digest == hashlib.sha256(content).digest()

    @pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
    def test_other_encodings(self, unit: Holder, codec: str) -> None:
        text = "\ufeff" + DOCUMENT.decode().replace("utf-8", "utf-16")
        for shape in (XmlShape(), BESIDE, ENVELOPING):
            (found,) = verify(signed(text.encode(codec), unit, shape))
            assert "Công ty".encode() in found.covered[0].octets

    def test_authorities_stand_behind_the_signers_certificate(self, ca: Authority) -> None:
        holder = ca.issue()
        way = ShapedFormat(authorities=(ca.der,))
        made = way.prepare(DOCUMENT, certificate=holder.der, signing_time=NOW)

        (found,) = verify(made.complete(holder.sign(made.digest)))

        assert (found.certificate, found.embedded) == (holder.der, (ca.der,))

    @pytest.mark.parametrize("shape", [BESIDE, XmlShape(), XmlShape(container=("*",))])
    @pytest.mark.parametrize("c14n", Canonical)
    def test_what_stands_around_the_place_comes_along(
        self, unit: Holder, shape: XmlShape, c14n: Canonical
    ) -> None:
        """Namespaces and xml: attributes, those that are our own prefixes too."""
        document = DOCUMENT.replace(
            b"<Don ",
            b'<Don xml:lang="vi" xml:space="preserve" xmlns:ds="urn:not-ds" xmlns:xades="urn:x"'
            b' xmlns:z="urn:?a" ds:a="1" ',
        )
        chosen = dataclasses.replace(shape, canonicalization=c14n)

        assert verify(signed(document, unit, chosen))[0].certificate == unit.der


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "options", "mechanism", "uri"),
        [
            (None, {}, Mechanism.RSA_PKCS1_SHA256, b"2001/04/xmldsig-more#rsa-sha256"),
            (None, {"hash": "sha512"}, Mechanism.RSA_PKCS1_SHA512, b"#rsa-sha512"),
            (
                None,
                {"padding": "pss"},
                Mechanism.RSA_PSS_SHA256,
                b"2007/05/xmldsig-more#sha256-rsa-MGF1",
            ),
            (256, {}, Mechanism.ECDSA_SHA256, b"#ecdsa-sha256"),
            (384, {}, Mechanism.ECDSA_SHA384, b"#ecdsa-sha384"),
            (384, {"hash": "sha256"}, Mechanism.ECDSA_SHA256, b"#ecdsa-sha256"),
            (256, {"padding": "pss"}, Mechanism.ECDSA_SHA256, b"#ecdsa-sha256"),
        ],
    )
    def test_are_asked_for_what_was_chosen(
        self, ca: Authority, key: int | None, *, options, mechanism: Mechanism, uri: bytes
    ) -> None:
        holder = ca.issue(f"{key}", key=ec_key("shaped", key) if key else None)

        made = prepared(DOCUMENT, holder, **options)

        assert made.mechanism is mechanism
        document = made.complete(holder.sign_by(mechanism, made.digest))
        assert uri in document
        assert f"-{verify(document)[0].method.value.rpartition('-')[2]}" in mechanism

    def test_a_curves_numbers_are_written_in_full(self, ca: Authority) -> None:
        """XMLDSig §6.4.3: as long as the curve, however small a number is."""
        holder = ca.issue("P-521", key=ec_key("shaped", 521))

        made = signed(DOCUMENT, holder, hash="sha384")

        value = next(etree.fromstring(made).iter(DS + "SignatureValue")).text
        assert len(base64.b64decode(value)) == 2 * 66

    def test_the_digest_may_be_another_than_the_signatures(self, unit: Holder) -> None:
        made = signed(DOCUMENT, unit, XmlShape(digest="sha512"))

        assert verify(made)[0].method.value == "rsa-sha256"
        assert (
            verify(made)[0].covered[0].digest
            == hashlib.sha512(verify(made)[0].covered[0].octets).digest()
        )

    def test_weak_keys_are_refused(self, ca: Authority) -> None:
        holder = ca.issue("short", key=rsa_key("short", 1024))

        with pytest.raises(UserError, match="certificate_unsuitable"):
            prepared(DOCUMENT, holder)


class TestPlaces:
    @pytest.mark.parametrize(
        ("document", "shape", "code"),
        [
            (b"<a/>", XmlShape(container=("b",)), "container_missing"),
            (b"<a><b/><b/></a>", XmlShape(container=("a", "b")), "container_ambiguous"),
            (b"<a/>", XmlShape(element=("b",)), "reference_missing"),
            (b"<a/>", XmlShape(element=("a",)), "reference_missing"),
            (b"<a Id='1'/>", XmlShape(element=("a",)), "reference_missing"),
            (b"<a/>", XmlShape(element_id="x"), "reference_missing"),
            (b"<a><b Id='x'/><b/></a>", XmlShape(element=("a", "b")), "reference_ambiguous"),
            (b"<a><b Id='x'/><c ID='x'/></a>", XmlShape(element=("a", "b")), "reference_ambiguous"),
            (b"<a><b Id='x'/><c id='x'/></a>", XmlShape(element_id="x"), "reference_ambiguous"),
            (b"<a><b Id='x'><b/></b></a>", XmlShape(element_id="x"), "reference_ambiguous"),
            (b"<a Id='signature'/>", XmlShape(), "reference_ambiguous"),
            (b"<a Id='signature-properties'/>", ENVELOPING, "reference_ambiguous"),
            (b"<!DOCTYPE a><a/>", XmlShape(), "document_has_dtd"),
            (b"<!DOCTYPE a><a/>", ENVELOPING, "document_has_dtd"),
            (b"text", ENVELOPING, "document_malformed"),
            (b"x" * (8 * 1024 * 1024), BASE64, "document_too_large"),
            (b'<a xmlns:x="rel"/>', XmlShape(), "document_malformed"),
        ],
    )
    def test_that_are_none(self, unit: Holder, document: bytes, shape: XmlShape, code: str) -> None:
        assert code_of(lambda: prepared(document, unit, shape))[0] == code

    def test_the_document_must_be_at_hand_unless_it_is_detached(self, unit: Holder) -> None:
        document = Digested(size=1, digests={"sha256": bytes(32)})
        for shape in (XmlShape(), ENVELOPING, BASE64):
            assert code_of(lambda shape=shape: prepared(document, unit, shape))[0] == (
                "document_too_large"
            )
        unknown = dataclasses.replace(DETACHED, digest="sha512")
        assert code_of(lambda: prepared(document, unit, unknown))[0] == "document_too_large"

    @pytest.mark.parametrize("root", ["<a/>", "<a></a>", "<a>x</a>", "<a><a/></a>", "<a >/></a>"])
    def test_the_end_of_every_root(self, unit: Holder, root: str) -> None:
        made = signed(root.encode(), unit).decode()

        assert re.sub("<ds:Signature.*</ds:Signature>", "", made) in (root, "<a></a>")
        assert verify(made.encode())

    def test_xml_base_has_no_place_in_canonical_xml_1_1(self, unit: Holder) -> None:
        document = DOCUMENT.replace(b"<Don ", b'<Don xml:base="http://a/" ')
        shape = dataclasses.replace(BESIDE, canonicalization=Canonical.C14N_11)

        assert code_of(lambda: prepared(document, unit, shape)) == (
            "document_malformed",
            {"reason": "base"},
        )
        assert signed(document, unit, dataclasses.replace(shape, canonicalization="c14n-1.0"))

    def test_the_preview_shows_what_is_signed_and_nothing_else(self, unit: Holder) -> None:
        assert (
            prepared(DOCUMENT, unit).description.preview
            == "Don\nNoiDung\n  @Id: nd\nNoiDung: Công ty\nChuKy: "
        )
        assert "ChuKy" not in prepared(DOCUMENT, unit, BESIDE).description.preview
        assert prepared(b"words", unit, DETACHED).description.preview == "words"


class TestCoSigning:
    def test_a_second_signature_over_the_whole_would_break_the_first(self, unit: Holder) -> None:
        first = signed(DOCUMENT, unit)

        again = XmlShape(signature_id="second")
        assert code_of(lambda: prepared(first, unit, again)) == (
            "signature_in_the_way",
            {"reason": "reference"},
        )

    def test_signatures_over_an_element_stand_beside_each_other(
        self, ca: Authority, unit: Holder
    ) -> None:
        second, third = ca.issue("Second"), ca.issue("Third")
        document = signed(DOCUMENT, unit, BESIDE)
        for number, holder in enumerate((second, third)):
            document = signed(
                document, holder, dataclasses.replace(BESIDE, signature_id=f"s{number}")
            )

        found = verify(document)

        assert [one.certificate for one in found] == [unit.der, second.der, third.der]
        assert len({one.covered[0].octets for one in found}) == 1

    def test_a_last_one_over_all_covers_those_before_it(self, ca: Authority, unit: Holder) -> None:
        second = ca.issue("Second")
        first = signed(DOCUMENT, unit, BESIDE)

        document = signed(first, second, XmlShape(signature_id="all"))

        assert [one.covered[0].kind for one in verify(document)] == ["element", "document"]
        assert b"ds:Signature" in verify(document)[1].covered[0].octets

    @pytest.mark.parametrize(
        ("shape", "reason"),
        [
            (XmlShape(signature_id="b", element=ELEMENT, container=ELEMENT), "reference"),
            (XmlShape(signature_id="b", packaging=Packaging.ENVELOPING), "place"),
        ],
    )
    def test_what_is_signed_is_not_touched(
        self, unit: Holder, shape: XmlShape, reason: str
    ) -> None:
        first = signed(DOCUMENT, unit, BESIDE)

        assert code_of(lambda: prepared(first, unit, shape)) == (
            "signature_in_the_way",
            {"reason": reason},
        )

    def test_no_signature_is_put_into_another(self, unit: Holder) -> None:
        inside = (*CONTAINER, "{http://www.w3.org/2000/09/xmldsig#}Signature")
        first = signed(DOCUMENT, unit, BESIDE)

        shape = XmlShape(signature_id="b", element=ELEMENT, container=inside)
        assert code_of(lambda: prepared(first, unit, shape))[1] == {"reason": "place"}

    def test_an_id_that_is_taken_is_not_used_again(self, unit: Holder) -> None:
        first = signed(DOCUMENT, unit, BESIDE)

        assert code_of(lambda: prepared(first, unit, BESIDE)) == (
            "reference_ambiguous",
            {"id": "signature"},
        )


class TestComplete:
    @pytest.mark.parametrize("shape", [XmlShape(), BESIDE, ENVELOPING, BASE64, DETACHED])
    def test_a_wrong_value_never_leaves(self, ca: Authority, unit: Holder, shape) -> None:
        made = prepared(DOCUMENT, unit, shape)

        for value in (b"", bytes(256), ca.issue("another").sign(made.digest)):
            with pytest.raises(InternalError, match="self_check_failed"):
                made.complete(value)

    def test_a_curves_value_that_is_no_structure_never_leaves(self, ca: Authority) -> None:
        holder = ca.issue("P-256", key=ec_key("shaped", 256))
        made = prepared(DOCUMENT, holder)

        for value in (b"", b"\x30\x00", bytes(64)):
            with pytest.raises(InternalError, match="self_check_failed"):
                made.complete(value)

    def test_other_content_under_the_same_signature_never_leaves(self, unit: Holder) -> None:
        made = prepared(DOCUMENT, unit)
        other = prepared(DOCUMENT.replace(b"ty", b"ti"), unit)
        mixed = dataclasses.replace(other, _content_digest=made._content_digest)

        with pytest.raises(InternalError, match="self_check_failed"):
            mixed.complete(unit.sign(mixed.digest))


class TestOptions:
    def test_the_profile_is_in_the_registry(self, unit: Holder) -> None:
        made = format_for("xml").prepare(
            DOCUMENT, certificate=unit.der, signing_time=datetime(2026, 1, 1, tzinfo=UTC)
        )

        assert verify(made.complete(unit.sign(made.digest)))

    @pytest.mark.parametrize("name", ["bhxh-hoso", "bhxh-tokhai", "etax", "einvoice"])
    @pytest.mark.parametrize(
        ("option", "value"),
        [("xml", XmlShape()), ("hash", "sha512"), ("padding", "pss"), ("level", Level.T)],
    )
    def test_a_fixed_profile_has_none(self, name: str, option: str, value: object) -> None:
        assert code_of(lambda: FORMATS[name].with_options(Options(**{option: value}))) == (
            "option_unsupported",
            {"option": option},
        )

    def test_a_stamp_is_for_pdf(self) -> None:
        assert code_of(lambda: ShapedFormat().with_options(Options(stamp=Stamp())))[1] == {
            "option": "stamp"
        }

    def test_a_level_is_for_xades(self) -> None:
        plain = XmlShape(form=Form.XMLDSIG)
        expected = ("option_unsupported", {"option": "level"})

        assert (
            code_of(lambda: ShapedFormat().with_options(Options(xml=plain, level=Level.T)))
            == expected
        )
        assert (
            code_of(lambda: ShapedFormat(shape=plain).raised(b"", document=b"", level=Level.T))
            == expected
        )
