"""Signing one element by its Id: what is written, what is refused before anybody signs."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from lxml import etree

from agent.errors import DocumentError
from agent.formats.registry import format_for
from agent.formats.xml import PROFILES, Profile, XmlFormat, canonical, verify
from agent.formats.xml.profiles import Canonicalization, Element, IdAttribute, Transform
from tests.agent.formats.xml.samples import FILING, INVOICE, SAMPLES, Sample, signed
from tests.support.pki import Holder

DS = "{http://www.w3.org/2000/09/xmldsig#}"
SELLER = PROFILES["einvoice"]
BUYER = PROFILES["einvoice-buyer"]
EXCLUSIVE = Transform.EXC_C14N_10
ENVELOPED = Transform.ENVELOPED_SIGNATURE


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
class TestEachProfile:
    def test_covers_the_element_and_keeps_every_byte(self, sample: Sample, unit: Holder) -> None:
        written = signed(sample.text, sample.profile, unit)

        verified = verify(written, sample.profile)
        (content,) = etree.fromstring(sample.text).iter(sample.element)
        assert verified.covered == canonical.subtree(content)
        start, _, rest = written.decode().partition("<Signature ")
        assert sample.text.startswith(start)
        assert sample.text == start + rest.partition("</Signature>")[2]

    def test_only_what_is_signed_is_shown(self, sample: Sample, unit: Holder) -> None:
        made = format_for(sample.name).prepare(
            sample.text.encode(), certificate=unit.der, signing_time=datetime.now(UTC)
        )

        assert "Thông tin chung" in made.description.preview
        assert "SoTien: 1000" in made.description.preview
        assert "DSCKS" not in made.description.preview
        assert "CKyDTu" not in made.description.preview


class TestTheLetterOfTheProfiles:
    def test_etax(self, unit: Holder) -> None:
        signature = next(
            etree.fromstring(signed(FILING, PROFILES["etax"], unit)).iter(DS + "Signature")
        )

        assert [r.get("URI") for r in signature.iter(DS + "Reference")] == ["#ID1"]
        assert [t.get("Algorithm")[-19:] for t in signature.iter(DS + "Transform")] == [
            "enveloped-signature"
        ]
        assert [e.tag.removeprefix(DS) for e in signature] == [
            "SignedInfo",
            "SignatureValue",
            "KeyInfo",
        ]

    def test_einvoice(self, unit: Holder) -> None:
        signature = next(etree.fromstring(signed(INVOICE, SELLER, unit)).iter(DS + "Signature"))

        content, time = signature.iter(DS + "Reference")
        assert (content.get("URI"), time.get("URI")) == ("#HD-1", "#SigningTime")
        assert [e.tag.removeprefix(DS) for e in time] == ["DigestMethod", "DigestValue"]
        assert signature.get("Id") == "seller"

    def test_the_signed_time_is_the_wall_clock_of_vietnam(self, unit: Holder) -> None:
        at = datetime(2026, 11, 22, 23, 30, 15, 999, tzinfo=UTC)
        made = XmlFormat(SELLER).prepare(INVOICE.encode(), certificate=unit.der, signing_time=at)

        written = made.complete(unit.sign(made.digest))

        assert (
            b'<Object Id="SigningTime"><SignatureProperties><SignatureProperty Target="#seller">'
            b"<SigningTime>2026-11-23T06:30:15</SigningTime>"
            b"</SignatureProperty></SignatureProperties></Object></Signature>"
        ) in written
        verified = verify(written, SELLER)
        assert verified.time_covered
        assert verified.claimed_time == at.replace(microsecond=0)
        assert verified.claimed_time.utcoffset() == timedelta(hours=7)

    def test_the_unsigned_time_is_told_apart(self, unit: Holder) -> None:
        profile = PROFILES["bhxh-hoso"]

        verified = verify(signed("<Hoso><CKy_Dvi/></Hoso>", profile, unit), profile)

        assert not verified.time_covered
        assert verified.claimed_time.tzinfo == timezone(timedelta(0))


def refused(document: str, profile: Profile, unit: Holder) -> tuple[str, dict]:
    with pytest.raises(DocumentError) as caught:
        XmlFormat(profile).prepare(
            document.encode(), certificate=unit.der, signing_time=datetime.now(UTC)
        )
    return caught.value.code, caught.value.details


class TestWhatIsSignedMustBeCertain:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("DLHDon", "DLHD", "reference_missing"),
            (' Id="HD-1"', "", "reference_missing"),
            (' Id="HD-1"', ' id="HD-1"', "reference_missing"),
            ('"HD-1"', '""', "reference_missing"),
            ('"HD-1"', '"7"', "reference_missing"),
            ('"HD-1"', '" HD-1"', "reference_missing"),
            ('"HD-1"', '"Hóa-đơn"', "reference_missing"),
            ('"HD-1"', '"a:b"', "reference_missing"),
            ('"HD-1"', "\"x')|//*[('\"", "reference_missing"),
            ('"HD-1"', f'"{"x" * 201}"', "reference_missing"),
            ("<DSCKS>", "<DLHDon Id='x'/><DSCKS>", "reference_ambiguous"),
            ("<DSCKS>", "<X><DLHDon/></X><DSCKS>", "reference_ambiguous"),
            ("<DSCKS>", "<X><DLHDon xmlns='urn:x'/></X><DSCKS>", "reference_ambiguous"),
            ("<TTChung>", "<DLHDon/><TTChung>", "reference_ambiguous"),
            ("<DSCKS>", "<DSCKS Id='HD-1'>", "reference_ambiguous"),
            ("<DSCKS>", "<DSCKS ID='HD-1'>", "reference_ambiguous"),
            ("<TTChung>", "<TTChung xml:id=' HD-1 '>", "reference_ambiguous"),
            ("<TTChung>", "<TTChung Id='seller'>", "reference_ambiguous"),
            ("<TTChung>", "<TTChung id='SigningTime'>", "reference_ambiguous"),
            ('Id="HD-1"', 'Id="seller"', "reference_ambiguous"),
            ("<NBan></NBan>", "", "container_missing"),
            ("<NBan></NBan>", "<NBan/><NBan/>", "container_ambiguous"),
            ("<NBan></NBan>", "<NBan>x</NBan>", "container_not_empty"),
        ],
    )
    def test_or_it_is_refused(self, unit: Holder, old: str, new: str, code: str) -> None:
        assert old in INVOICE

        assert refused(INVOICE.replace(old, new), SELLER, unit)[0] == code

    def test_another_namespace_is_another_element(self, unit: Holder) -> None:
        other = FILING.replace("TKhaiThue", "KhacHan", 1)

        assert refused(other, PROFILES["etax"], unit)[0] == "container_missing"

    @pytest.mark.parametrize("place", ["<HDon", "<DSCKS", "<NBan", "<DLHDon", "<SHDon"])
    def test_a_relative_namespace_is_told_before_anybody_signs(
        self, unit: Holder, place: str
    ) -> None:
        text = INVOICE.replace(place, f"{place} xmlns:r='relative'", 1)

        assert refused(text, SELLER, unit) == ("document_malformed", {"reason": "namespace"})

    def test_what_stands_elsewhere_is_left_alone(self, unit: Holder) -> None:
        """The tax authority's code, for one; it is not covered and not shown."""
        text = INVOICE.replace("<DSCKS>", "<MCCQT Id='x'>0012</MCCQT><DSCKS>")

        assert b"0012" not in verify(signed(text, SELLER, unit), SELLER).covered


class TestCoSigning:
    @pytest.mark.parametrize(("first", "second"), [(SELLER, BUYER), (BUYER, SELLER)])
    def test_both_signatures_hold_in_either_order(
        self, unit: Holder, first: Profile, second: Profile
    ) -> None:
        once = signed(INVOICE, first, unit)
        twice = signed(once, second, unit)

        assert verify(twice, first) == verify(once, first)
        assert verify(twice, second).covered == verify(once, first).covered

    def test_nobody_signs_twice_in_one_place(self, unit: Holder) -> None:
        once = signed(INVOICE, SELLER, unit).decode()

        assert refused(once, SELLER, unit)[0] == "container_not_empty"

    @pytest.mark.parametrize(
        "uri", ["", "#whole", "#list", "#xpointer(/)", "#nothing", "http://example.org/", None]
    )
    def test_a_signature_that_ours_would_break_is_left_alone(
        self, unit: Holder, uri: str | None
    ) -> None:
        text = signed(INVOICE, BUYER, unit).decode()
        text = text.replace("<HDon>", "<HDon Id='whole'>").replace("<DSCKS>", "<DSCKS Id='list'>")
        text = text.replace(' URI="#HD-1"', "" if uri is None else f' URI="{uri}"')

        assert refused(text, SELLER, unit) == ("signature_in_the_way", {"reason": "reference"})

    def test_a_signature_where_none_belongs_is_told_before_anybody_signs(
        self, unit: Holder
    ) -> None:
        for profile, text, place in (
            (SELLER, INVOICE, "<DSCKS>"),
            (SELLER, INVOICE, "<TTChung>"),
            (PROFILES["etax"], FILING, "<CKyDTu>"),
            (PROFILES["bhxh-hoso"], "<Hoso><NoiDung/><CKy_Dvi/></Hoso>", "<CKy_Dvi/>"),
        ):
            stray = f"<Signature xmlns='{DS[1:-1]}'/>"
            told = refused(text.replace(place, stray + place), profile, unit)

            assert told == ("signature_in_the_way", {"reason": "place"})

    def test_the_others_ids_must_not_be_ours(self, unit: Holder) -> None:
        text = signed(INVOICE, BUYER, unit).decode().replace("SigningTime-buyer", "SigningTime")

        assert refused(text, SELLER, unit) == ("reference_ambiguous", {"id": "SigningTime"})


class TestWhatAProfileMayChange:
    @pytest.mark.parametrize("canonicalization", Canonicalization)
    @pytest.mark.parametrize(
        "transforms",
        [(), (ENVELOPED,), (EXCLUSIVE,), (ENVELOPED, EXCLUSIVE), (ENVELOPED, Transform.C14N_10)],
    )
    def test_canonicalization_and_transforms(
        self, unit: Holder, canonicalization: Canonicalization, transforms: tuple[Transform, ...]
    ) -> None:
        profile = msgspec.structs.replace(
            SELLER, canonicalization=canonicalization, transforms=transforms
        )
        text = INVOICE.replace("<HDon>", '<HDon xmlns:x="urn:x" xml:lang="vi">')

        verified = verify(signed(text, profile, unit), profile)

        assert (b"urn:x" in verified.covered) is (EXCLUSIVE not in transforms)
        for other in (SELLER, BUYER):
            if other != profile:
                with pytest.raises(DocumentError, match="signature_invalid"):
                    verify(signed(text, profile, unit), other)

    @pytest.mark.parametrize("canonicalization", Canonicalization)
    def test_the_whole_document_exclusively(
        self, unit: Holder, canonicalization: Canonicalization
    ) -> None:
        profile = msgspec.structs.replace(
            PROFILES["bhxh-hoso"],
            canonicalization=canonicalization,
            transforms=(ENVELOPED, EXCLUSIVE),
        )

        verified = verify(signed('<Hoso xmlns:x="urn:x"><CKy_Dvi/></Hoso>', profile, unit), profile)

        assert verified.covered == b"<Hoso><CKy_Dvi></CKy_Dvi></Hoso>"

    @pytest.mark.parametrize("attribute", IdAttribute)
    def test_the_root_by_its_id_with_the_signature_in_it(
        self, unit: Holder, attribute: IdAttribute
    ) -> None:
        profile = msgspec.structs.replace(
            PROFILES["bhxh-hoso"], reference=Element(path=("Hoso",), id_attribute=attribute)
        )
        text = f'<Hoso {attribute}="a"><T>1</T><CKy_Dvi/></Hoso>'

        written = signed(text, profile, unit)

        assert (
            verify(written, profile).covered
            == text.replace("<CKy_Dvi/>", "<CKy_Dvi></CKy_Dvi>").encode()
        )
        with pytest.raises(DocumentError, match="signature_invalid"):
            verify(written.replace(b"<T>1", b"<T>2"), profile)
