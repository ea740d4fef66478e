"""The general verifier beyond what tests/vectors/xml/general-* ask of it."""

import base64
import copy
import hashlib
import socket
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.documents import Digested
from agent.errors import DocumentError
from agent.formats.registry import format_for
from agent.formats.xml import canonical
from agent.formats.xml.general import Coverage, content_needed, times, verify
from agent.formats.xml.general.verify import MAX_SIGNATURES
from agent.formats.xml.profiles import Canonicalization
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Canonical, Form, Packaging, XmlShape
from tests.agent.formats.xml.samples import SAMPLES, Sample
from tests.agent.formats.xml.samples import signed as signed_by_profile
from tests.support.pki import NOW, Authority, Holder

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
PLAIN = b'<Don><NoiDung Id="nd"><SoTien>1000</SoTien></NoiDung><ChuKy></ChuKy></Don>'
BESIDE = XmlShape(element=("Don", "NoiDung"), container=("Don", "ChuKy"))


def signed(holder: Holder, shape: XmlShape = BESIDE, document: bytes = PLAIN) -> bytes:
    made = ShapedFormat(shape=shape).prepare(document, certificate=holder.der, signing_time=NOW)
    return made.complete(holder.sign(made.digest))


def resigned(root: etree._Element, holder: Holder) -> bytes:
    """The first signature's value made anew, over what SignedInfo says now."""
    info = next(root.iter(DS + "SignedInfo"))
    octets = canonical.subtree(info, Canonicalization.EXC_C14N_10)
    value = base64.b64encode(holder.sign(hashlib.sha256(octets).digest())).decode()
    next(root.iter(DS + "SignatureValue")).text = value
    return etree.tostring(root)


def reason(document: bytes, **more) -> str:
    with pytest.raises(DocumentError) as caught:
        verify(document, **more)
    assert caught.value.code == "signature_invalid"
    return caught.value.details["reason"]


class TestOurOwnProfiles:
    def test_a_dossier_says_that_its_time_is_not_signed(self, unit: Holder) -> None:
        document = b"<Hoso><NoiDung/><CKy_Dvi/></Hoso>"
        made = format_for("bhxh-hoso").prepare(document, certificate=unit.der, signing_time=NOW)

        (found,) = verify(made.complete(unit.sign(made.digest)))

        assert (found.claimed_time, found.time_is_signed) == (NOW, False)
        assert found.covered[0].kind is Coverage.DOCUMENT

    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
    def test_those_by_id(self, unit: Holder, sample: Sample) -> None:
        (found,) = verify(signed_by_profile(sample.text, sample.profile, unit))

        assert found.covered[0].kind is Coverage.ELEMENT
        assert found.time_is_signed is (sample.profile.signing_time is not None)

    def test_seller_and_buyer_are_both_told(self, ca: Authority, unit: Holder) -> None:
        _, seller, buyer = SAMPLES
        other = ca.issue("Buyer")
        document = signed_by_profile(seller.text, seller.profile, unit)

        found = verify(signed_by_profile(document, buyer.profile, other))

        assert [one.certificate for one in found] == [unit.der, other.der]

    def test_in_a_receivers_container_what_it_reads_is_what_is_signed(self, unit: Holder) -> None:
        invoice = SAMPLES[1].text.replace("<DSCKS>", '<Khac Id="k"/><DSCKS>').encode()
        container = ("HDon", "DSCKS", "NBan")

        beside_the_point = XmlShape(element_id="k", container=container)

        with pytest.raises(DocumentError, match="option_unsupported"):
            signed(unit, beside_the_point, invoice)
        moved = signed(unit, XmlShape(element_id="k", container=("HDon", "DSCKS", "CQT")), invoice)
        assert verify(moved)
        for there in (b"NBan", b"NMua"):
            swapped = moved.replace(b"<%s></%s>" % (there, there), b"<X/>")
            assert reason(swapped.replace(b"CQT>", there + b">")) == "reference"
        for shape in (
            XmlShape(element=("HDon", "DLHDon"), container=container),
            XmlShape(container=container),
        ):
            assert verify(signed(unit, shape, invoice))


class TestReferences:
    def test_several_are_all_told(self, unit: Holder) -> None:
        root = etree.fromstring(signed(unit).replace(b"<ChuKy>", b'<Them Id="t"/><ChuKy>'))
        first = next(root.iter(DS + "Reference"))
        second = copy.deepcopy(first)
        second.set("URI", "#t")
        del second.attrib["Id"]
        second[-1].text = base64.b64encode(
            hashlib.sha256(b'<Them Id="t"></Them>').digest()
        ).decode()
        first.addnext(second)

        (found,) = verify(resigned(root, unit))

        assert [one.name for one in found.covered] == ["NoiDung #nd", "Them #t"]

    def test_namesakes_that_are_signed_too_are_no_trap(self, unit: Holder) -> None:
        twins = b'<NoiDung Id="nd"><NoiDung Id="in"/></NoiDung>'
        document = signed(unit)
        content = document[document.index(b"<NoiDung") : document.index(b"<ChuKy>")]
        digests = [
            base64.b64encode(hashlib.sha256(one).digest())
            for one in (content, b'<NoiDung Id="nd"><NoiDung Id="in"></NoiDung></NoiDung>')
        ]
        root = etree.fromstring(document.replace(content, twins).replace(*digests))

        assert verify(resigned(root, unit))

    def test_the_same_name_elsewhere_is(self, unit: Holder) -> None:
        document = signed(unit).replace(b"<ChuKy>", b"<X><NoiDung/></X><ChuKy>")

        assert reason(document) == "reference"


class TestKeyInfo:
    def test_may_be_signed_and_have_more_in_it(self, ca: Authority, unit: Holder) -> None:
        """As others write it: names, serial numbers, the chain."""
        more = (
            "<ds:KeyName>a</ds:KeyName><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>b"
            "</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial>"
            "<ds:X509SKI>AAAA</ds:X509SKI><ds:X509SubjectName>c</ds:X509SubjectName>"
            f"<ds:X509Certificate>{base64.b64encode(ca.der).decode()}</ds:X509Certificate>"
        ).encode()
        document = signed(unit).replace(b"<ds:X509Data>", more, 1)

        (found,) = verify(document)

        assert (found.certificate, found.embedded) == (unit.der, (ca.der,))

    def test_seventeen_certificates_are_too_many(self, ca: Authority, unit: Holder) -> None:
        one = f"<ds:X509Certificate>{base64.b64encode(ca.der).decode()}</ds:X509Certificate>"
        document = signed(unit).replace(b"<ds:X509Data>", b"<ds:X509Data>" + one.encode() * 16)

        assert reason(document) == "certificate"

    @pytest.mark.parametrize("right", [True, False])
    def test_a_key_given_whole_must_be_the_certificates(
        self, ca: Authority, unit: Holder, *, right: bool
    ) -> None:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = (unit if right else ca).key.public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        stated = (
            '<d:DEREncodedKeyValue xmlns:d="http://www.w3.org/2009/xmldsig11#">'
            f"{base64.b64encode(spki).decode()}</d:DEREncodedKeyValue></ds:KeyInfo>"
        ).encode()
        document = signed(unit).replace(b"</ds:KeyInfo>", stated)

        if right:
            assert verify(document)
        else:
            assert reason(document) == "certificate"


class TestBinding:
    @pytest.mark.parametrize("whose", ["own", "another's", "junk"])
    def test_issuer_and_serial_must_agree_where_they_are_said(
        self, ca: Authority, unit: Holder, whose: str
    ) -> None:
        from asn1crypto import tsp, x509

        parsed = x509.Certificate.load((unit if whose == "own" else ca).der)
        serial = tsp.IssuerSerial(
            {
                "issuer": [x509.GeneralName("directory_name", parsed.issuer)],
                "serial_number": parsed.serial_number,
            }
        ).dump()
        root = etree.fromstring(signed(unit))
        held = etree.SubElement(next(root.iter(XADES + "Cert")), XADES + "IssuerSerialV2")
        held.text = base64.b64encode(b"junk" if whose == "junk" else serial).decode()
        octets = canonical.subtree(
            next(root.iter(XADES + "SignedProperties")), Canonicalization.EXC_C14N_10
        )
        list(root.iter(DS + "Reference"))[1][-1].text = base64.b64encode(
            hashlib.sha256(octets).digest()
        ).decode()
        document = resigned(root, unit)

        if whose == "own":
            assert verify(document)
        else:
            assert reason(document) == ("grammar" if whose == "junk" else "binding")


class TestDetached:
    def test_says_by_which_hash_its_content_must_be_known(self, unit: Holder) -> None:
        for digest in ("sha256", "sha512"):
            shape = XmlShape(packaging=Packaging.DETACHED, digest=digest)
            assert content_needed(signed(unit, shape)) == {digest}
        for document in (signed(unit), PLAIN, b"<Signature/>", b"<!DOCTYPE Signature>", b""):
            assert content_needed(document) is None

    def test_with_a_canonicalization_it_is_of_xml_that_must_be_at_hand(self, unit: Holder) -> None:
        shape = XmlShape(packaging=Packaging.DETACHED, form=Form.XMLDSIG)
        root = etree.fromstring(signed(unit, shape))
        reference = next(root.iter(DS + "Reference"))
        steps = etree.Element(DS + "Transforms")
        etree.SubElement(steps, DS + "Transform").set(
            "Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#"
        )
        reference.insert(0, steps)
        digest = base64.b64encode(hashlib.sha256(b"<a></a>").digest()).decode()
        reference[-1].text = digest
        document = resigned(root, unit)

        assert content_needed(document) == frozenset()
        (found,) = verify(document, content=b"<?xml version='1.0'?>\n<a/>")
        assert found.covered[0].octets == b"<a></a>"
        assert reason(document, content=b"<a>b</a>") == "digest"
        assert reason(document, content=b"<!DOCTYPE a><a/>") == "content"
        assert reason(document, content=b"text") == "content"
        with pytest.raises(DocumentError, match="document_too_large"):
            verify(document, content=Digested(size=1, digests={"sha256": bytes(32)}))

    def test_a_content_for_which_no_signature_asks_is_refused(self, unit: Holder) -> None:
        assert reason(signed(unit), content=b"x") == "content"


class TestT10NothingIsFetched:
    @pytest.mark.parametrize("uri", ["http://127.0.0.1:{}/x", "file:///etc/passwd", "//127.0.0.1"])
    def test_by_a_reference(self, unit: Holder, uri: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            root = etree.fromstring(signed(unit))
            next(root.iter(DS + "Reference")).set("URI", uri.format(listener.getsockname()[1]))

            assert reason(resigned(root, unit)) == "content"

            with pytest.raises(BlockingIOError):
                listener.accept()


class TestBounds:
    def test_of_signatures(self, unit: Holder) -> None:
        one = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'

        assert reason(b"<a>" + one * (MAX_SIGNATURES + 1) + b"</a>") == "place"

    def test_of_all_that_is_referred_to(
        self, unit: Holder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = signed(unit)
        module = sys.modules["agent.formats.xml.general.verify"]
        monkeypatch.setattr(module, "MAX_REFERRED_BYTES", 10)

        with pytest.raises(DocumentError, match="document_too_large"):
            verify(document)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-11-23T02:00:00Z", datetime(2026, 11, 23, 2, tzinfo=UTC)),
            ("2026-11-23T09:00:00+07:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
            ("2026-11-23T02:00:00.123Z", datetime(2026, 11, 23, 2, tzinfo=UTC)),
            (" 2026-11-23T09:00:00 ", datetime(2026, 11, 23, 2, tzinfo=UTC)),
            ("2026-11-22T20:30:00-05:30", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ],
    )
    def test_that_are_read(self, text: str, moment: datetime) -> None:
        assert times.moment(text) == moment

    def test_without_a_zone_it_is_vietnams(self) -> None:
        assert times.moment("2026-11-23T09:00:00").utcoffset() == timedelta(hours=7)
        assert timezone(timedelta(hours=7)) == times.moment("2026-11-23T09:00:00").tzinfo

    @pytest.mark.parametrize(
        "text",
        [
            *("", "2026-11-23", "2026-13-23T02:00:00Z", "2026-11-23T24:00:00Z", "noon"),
            *("2026-11-23T02:00:00+15:00", "2026-11-23T02:00:00+07:60", "0001-01-01T00:00:00Z"),
            *("9999-12-31T23:59:59Z", "２０２６-11-23T02:00:00Z", "2026-11-23T02:00:00Z\n\nx"),
        ],
    )
    def test_that_are_none(self, text: str) -> None:
        with pytest.raises(DocumentError, match="signature_invalid"):
            times.moment(text)


@pytest.mark.parametrize("form", Form)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_wherever_an_element_is_put_every_way_to_the_content_leads_to_what_was_signed(
    unit: Holder, form: Form, data: st.DataObject
) -> None:
    shape = XmlShape(
        element=BESIDE.element,
        container=BESIDE.container,
        form=form,
        canonicalization=Canonical.EXC_C14N_10,
    )
    root = etree.fromstring(signed(unit, shape))
    content = next(root.iter("NoiDung"))
    places = list(root.iter("*"))
    place = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        moved = data.draw(st.sampled_from([one for one in places if one is not root]))
        if place in moved.iter("*"):
            return
    else:
        moved = copy.deepcopy(content)
        next(moved.iter("SoTien")).text = "9999"
        moved.set("Id", data.draw(st.sampled_from(["nd", "evil"])))
        moved.tag = data.draw(st.sampled_from([moved.tag, "Other", "{urn:evil}NoiDung"]))
    place.insert(data.draw(st.integers(0, len(place))), moved)
    document = etree.tostring(root)

    try:
        (found,) = verify(document)
    except DocumentError:
        return

    assert b"1000" in found.covered[0].octets
    tree = etree.fromstring(document)
    by_id = tree.xpath("//*[@Id='nd' or @id='nd' or @ID='nd']")
    by_name = list(tree.iter("{*}NoiDung"))
    assert by_id == by_name
    assert canonical.subtree(by_id[0], Canonicalization.EXC_C14N_10) == found.covered[0].octets


@pytest.mark.parametrize("count", [1000, 1500])
def test_rows_of_one_name_are_bounded(unit: Holder, count: int) -> None:
    """Each is compared with all that is signed."""
    rows = b'<NoiDung Id="nd">' + b"<NoiDung/>" * count + b"</NoiDung>"
    shape = XmlShape(container=("Don", "ChuKy"))
    document = PLAIN.replace(PLAIN[5 : PLAIN.index(b"<ChuKy>")], rows)
    made = ShapedFormat(shape=shape).prepare(document, certificate=unit.der, signing_time=NOW)
    root = etree.fromstring(made.complete(unit.sign(made.digest)))
    reference = next(root.iter(DS + "Reference"))
    reference.set("URI", "#nd")
    reference[0].remove(reference[0][0])
    octets = canonical.subtree(root[0], Canonicalization.EXC_C14N_10)
    reference[-1].text = base64.b64encode(hashlib.sha256(octets).digest()).decode()

    if count > 1000:
        assert reason(resigned(root, unit)) == "reference"
    else:
        assert verify(resigned(root, unit))
