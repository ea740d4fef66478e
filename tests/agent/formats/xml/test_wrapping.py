"""Wrapping and its kin against each profile that refers to its content by Id.

XSW1 to XSW8 are the variants of Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be"
(2012), with the signed content in the assertion's part. Where SignedInfo is changed, the value is
made anew with the signer's own key: the verifier has to refuse the shape, not the arithmetic.
"""

import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import PROFILES, canonical, verify
from tests.agent.formats.xml.samples import INVOICE, SAMPLES, Sample, signed
from tests.support.pki import Holder

DS = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A signed document that an attacker takes apart."""

    sample: Sample
    root: etree._Element
    content: etree._Element
    signature: etree._Element
    holder: Holder

    def evil(self, **attributes: str) -> etree._Element:
        """The content as the attacker wants it read; by another Id unless told."""
        made = copy.deepcopy(self.content)
        next(made.iter("{*}SoTien")).text = "9999"
        made.set(self.id_attribute, "evil")
        for name, value in attributes.items():
            made.set(name, value)
        return made

    @property
    def id_attribute(self) -> str:
        return self.sample.profile.reference.id_attribute

    @property
    def id(self) -> str:
        return self.content.get(self.id_attribute)

    def same_id(self) -> etree._Element:
        return self.evil(**{self.id_attribute: self.id})

    def element(self, name: str) -> etree._Element:
        return next(self.signature.iter(DS + name))

    def box(self, where: etree._Element, name: str = "Extensions") -> etree._Element:
        return etree.SubElement(where, name)

    def resign(self) -> None:
        octets = canonical.subtree(self.element("SignedInfo"))
        value = self.holder.sign(hashlib.sha256(octets).digest())
        self.element("SignatureValue").text = base64.b64encode(value).decode()


def apart(sample: Sample, holder: Holder) -> Parts:
    root = etree.fromstring(signed(sample.text, sample.profile, holder))
    return Parts(
        sample=sample,
        root=root,
        content=next(root.iter(sample.element)),
        signature=next(root.iter(DS + "Signature")),
        holder=holder,
    )


def xsw1(p: Parts) -> None:
    p.root.replace(p.content, p.evil())
    p.box(p.signature, DS + "Object").append(p.content)


def xsw2(p: Parts) -> None:
    p.root.replace(p.content, p.evil())
    p.signature.addnext(p.content)


def xsw3(p: Parts) -> None:
    p.content.addprevious(p.evil())


def xsw4(p: Parts) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.content)


def xsw5(p: Parts) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.signature)
    p.root.append(p.content)


def xsw6(p: Parts) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.signature)
    p.box(p.signature, DS + "Object").append(p.content)


def xsw7(p: Parts) -> None:
    box = p.box(p.root)
    p.root.insert(0, box)
    box.append(p.same_id())


def xsw8(p: Parts) -> None:
    p.root.replace(p.content, p.same_id())
    p.box(p.box(p.signature, DS + "Object")).append(p.content)


def renamed_copy_with_the_id(p: Parts) -> None:
    evil = p.same_id()
    evil.tag = "NoOneLooksAtThisName"
    p.root.insert(0, evil)


def namesake_in_another_namespace(p: Parts) -> None:
    evil = p.evil()
    evil.tag = "{urn:evil}" + etree.QName(evil).localname
    p.root.insert(0, evil)


def id_on_another_element(p: Parts) -> None:
    p.root.set("Id", p.id)


def id_on_another_element_in_other_letters(p: Parts) -> None:
    p.root.set("ID" if p.id_attribute != "ID" else "id", p.id)


def xml_id_on_another_element(p: Parts) -> None:
    p.root.set("{http://www.w3.org/XML/1998/namespace}id", f" {p.id} ")


def prefixed_id_on_another_element(p: Parts) -> None:
    p.root.set("{urn:wsu}Id", p.id)


def id_moved_to_an_evil_element(p: Parts) -> None:
    p.root.replace(p.content, p.evil())
    p.root.set(p.id_attribute, p.id)


def id_taken_away(p: Parts) -> None:
    del p.content.attrib[p.id_attribute]


def id_in_another_attribute_alone(p: Parts) -> None:
    p.content.set("iD", p.content.attrib.pop(p.id_attribute))


def id_changed_on_both_sides(p: Parts) -> None:
    """All agree; but the content is another than the one that was digested."""
    p.content.set(p.id_attribute, "other")
    p.element("Reference").set("URI", "#other")
    p.resign()


def content_moved_deeper(p: Parts) -> None:
    box = p.box(p.root)
    box.append(p.content)


def content_moved_to_the_signature(p: Parts) -> None:
    p.box(p.signature, DS + "Object").append(p.content)


def content_taken_away(p: Parts) -> None:
    p.root.remove(p.content)


def content_changed(p: Parts) -> None:
    next(p.content.iter("{*}SoTien")).text = "9999"


def content_twice(p: Parts) -> None:
    p.content.addnext(copy.deepcopy(p.content))


def reference_to_the_document(p: Parts) -> None:
    p.element("Reference").set("URI", "")
    p.resign()


def reference_to_another_element(p: Parts) -> None:
    other = next(p.root.iter(p.sample.beside))
    other.set("Id", "other")
    p.element("Reference").set("URI", "#other")
    p.resign()


def reference_by_xpointer(p: Parts) -> None:
    p.element("Reference").set("URI", f"#xpointer(id('{p.id}'))")
    p.resign()


def reference_stripped(p: Parts) -> None:
    info = p.element("SignedInfo")
    info.remove(p.element("Reference"))
    p.resign()


def last_reference_stripped(p: Parts) -> None:
    info = p.element("SignedInfo")
    info.remove(info[-1])
    p.resign()


def reference_doubled(p: Parts) -> None:
    reference = p.element("Reference")
    reference.addnext(copy.deepcopy(reference))
    p.resign()


def transform_taken_away(p: Parts) -> None:
    reference = p.element("Reference")
    reference.remove(reference[0])
    p.resign()


def transform_added(p: Parts) -> None:
    etree.SubElement(p.element("Transforms"), DS + "Transform").set(
        "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116"
    )
    p.resign()


def digest_by_sha1(p: Parts) -> None:
    octets = canonical.subtree(p.content)
    p.element("DigestMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")
    sha1 = hashlib.sha1(octets).digest()
    p.element("DigestValue").text = base64.b64encode(sha1).decode()
    p.resign()


def signature_twice(p: Parts) -> None:
    p.signature.addnext(copy.deepcopy(p.signature))


def signature_elsewhere(p: Parts) -> None:
    p.root.append(p.signature)


def signature_of_another_elsewhere(p: Parts) -> None:
    p.root.append(copy.deepcopy(p.signature))


#: What is done to the document, and the reason for which it is refused.
ATTACKS: tuple[tuple[Callable[[Parts], None], str], ...] = (
    (xsw1, "reference"),
    (xsw2, "place"),
    (xsw3, "reference"),
    (xsw4, "reference"),
    (xsw5, "missing"),
    (xsw6, "missing"),
    (xsw7, "reference"),
    (xsw8, "reference"),
    (renamed_copy_with_the_id, "reference"),
    (namesake_in_another_namespace, "reference"),
    (id_on_another_element, "reference"),
    (id_on_another_element_in_other_letters, "reference"),
    (xml_id_on_another_element, "reference"),
    (prefixed_id_on_another_element, "reference"),
    (id_moved_to_an_evil_element, "reference"),
    (id_taken_away, "reference"),
    (id_in_another_attribute_alone, "reference"),
    (id_changed_on_both_sides, "digest"),
    (content_moved_deeper, "reference"),
    (content_moved_to_the_signature, "reference"),
    (content_taken_away, "reference"),
    (content_changed, "digest"),
    (content_twice, "reference"),
    (reference_to_the_document, "reference"),
    (reference_to_another_element, "reference"),
    (reference_by_xpointer, "reference"),
    (reference_stripped, "reference"),
    (last_reference_stripped, "reference"),
    (reference_doubled, "reference"),
    (transform_taken_away, "reference"),
    (transform_added, "reference"),
    (digest_by_sha1, "algorithm"),
    (signature_twice, "place"),
    (signature_elsewhere, "missing"),
    (signature_of_another_elsewhere, "place"),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
class TestEachProfile:
    def test_accepts_the_document_that_nobody_attacked(self, sample: Sample, unit: Holder) -> None:
        """Taking it apart and signing it anew is not what is refused below."""
        parts = apart(sample, unit)
        parts.resign()

        verified = verify(etree.tostring(parts.root), sample.profile)

        assert b"<SoTien>1000</SoTien>" in verified.covered
        assert verified.certificate == unit.der

    @pytest.mark.parametrize(
        ("attack", "reason"), ATTACKS, ids=lambda it: getattr(it, "__name__", it)
    )
    def test_refuses(
        self, sample: Sample, unit: Holder, attack: Callable[[Parts], None], reason: str
    ) -> None:
        parts = apart(sample, unit)
        attack(parts)

        with pytest.raises(DocumentError) as caught:
            verify(etree.tostring(parts.root), sample.profile)

        assert (caught.value.code, caught.value.details) == (
            "signature_invalid",
            {"reason": reason},
        )

    def test_refuses_what_another_profile_made(self, sample: Sample, unit: Holder) -> None:
        for other in SAMPLES:
            if other.name == sample.name:
                continue
            with pytest.raises(DocumentError, match="signature_invalid"):
                verify(signed(other.text, other.profile, unit), sample.profile)

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_wherever_an_element_is_put_every_way_to_the_content_leads_to_what_was_signed(
        self, sample: Sample, unit: Holder, data: st.DataObject
    ) -> None:
        parts = apart(sample, unit)
        places = list(parts.root.iter("*"))
        place = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            moved = data.draw(st.sampled_from([p for p in places if p is not parts.root]))
            if place in moved.iter("*"):
                return
        else:
            moved = data.draw(st.sampled_from([parts.evil(), parts.same_id()]))
            moved.tag = data.draw(st.sampled_from([moved.tag, "Other", "{urn:evil}DLHDon"]))
        place.insert(data.draw(st.integers(0, len(place))), moved)

        try:
            verified = verify(etree.tostring(parts.root), sample.profile)
        except DocumentError:
            return

        assert b"1000" in verified.covered
        by_id = parts.root.xpath("//*[@Id=$id or @id=$id or @ID=$id]", id=parts.id)
        by_name = list(parts.root.iter("{*}" + etree.QName(sample.element).localname))
        assert by_id == by_name == parts.root.findall(sample.element)
        assert canonical.subtree(by_id[0]) == verified.covered


def time_changed(p: Parts) -> None:
    p.element("SigningTime").text = "2020-01-01T00:00:00"


def time_object_by_another_id(p: Parts) -> None:
    p.element("Object").set("Id", "Other")


def time_of_another_signature(p: Parts) -> None:
    p.element("SignatureProperty").set("Target", "#buyer-or-whoever")


def signature_without_an_id(p: Parts) -> None:
    del p.signature.attrib["Id"]


def signature_by_another_id(p: Parts) -> None:
    p.signature.set("Id", "other")


def second_time(p: Parts) -> None:
    p.element("Object").addnext(copy.deepcopy(p.element("Object")))


def second_property(p: Parts) -> None:
    p.element("SignatureProperty").addnext(copy.deepcopy(p.element("SignatureProperty")))


def time_id_on_another_element(p: Parts) -> None:
    p.root.set("Id", p.element("Object").get("Id"))


def signature_id_on_another_element(p: Parts) -> None:
    p.root.set("Id", p.signature.get("Id"))


def time_moved_out(p: Parts) -> None:
    p.root.append(p.element("Object"))


def time_taken_away(p: Parts) -> None:
    p.signature.remove(p.element("Object"))


def time_in_another_zone(p: Parts) -> None:
    p.element("SigningTime").text += "Z"


def time_reference_with_a_transform(p: Parts) -> None:
    reference = p.element("SignedInfo")[-1]
    reference.insert(0, copy.deepcopy(p.element("Transforms")))
    p.resign()


def references_in_the_other_order(p: Parts) -> None:
    info = p.element("SignedInfo")
    info.append(p.element("Reference"))
    p.resign()


@pytest.mark.parametrize("sample", SAMPLES[1:], ids=lambda sample: sample.name)
@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (time_changed, "digest"),
        (time_object_by_another_id, "grammar"),
        (time_of_another_signature, "grammar"),
        (signature_without_an_id, "grammar"),
        (signature_by_another_id, "grammar"),
        (second_time, "grammar"),
        (second_property, "grammar"),
        (time_id_on_another_element, "reference"),
        (signature_id_on_another_element, "reference"),
        (time_moved_out, "grammar"),
        (time_taken_away, "grammar"),
        (time_in_another_zone, "grammar"),
        (time_reference_with_a_transform, "reference"),
        (references_in_the_other_order, "reference"),
    ],
    ids=lambda it: getattr(it, "__name__", it),
)
def test_a_signed_time_cannot_be_touched(
    sample: Sample, unit: Holder, attack: Callable[[Parts], None], reason: str
) -> None:
    parts = apart(sample, unit)
    attack(parts)

    with pytest.raises(DocumentError) as caught:
        verify(etree.tostring(parts.root), sample.profile)

    assert caught.value.details == {"reason": reason}


def test_a_co_signers_place_hides_nothing(unit: Holder) -> None:
    """What stands there is not covered; it must not be taken for what is."""
    seller = SAMPLES[1].profile
    document = signed(INVOICE, seller, unit)
    hidden = b"<NMua><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><Object>%s</Object></Signature></NMua>"
    for inside in (b"<DLHDon xmlns='' Id='x'/>", b"<X Id='HD-1'/>", b"<X ID='seller'/>"):
        with pytest.raises(DocumentError) as caught:
            verify(document.replace(b"<NMua></NMua>", hidden % inside), seller)
        assert caught.value.details == {"reason": "reference"}
    nested = b"<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>"
    with pytest.raises(DocumentError) as caught:
        verify(document.replace(b"<NMua></NMua>", hidden % nested), seller)
    assert caught.value.details == {"reason": "place"}


DECLARATION = "<TK1-TS><NoiDung><SoTien>1000</SoTien></NoiDung><Cky></Cky></TK1-TS>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """A signed declaration in pieces, as bytes: all of it is covered."""

    whole: bytes
    signature: bytes
    evil: bytes  # the declaration as the attacker wants it read, with an empty container

    def around(self, inside: bytes) -> bytes:
        return self.evil.replace(b"<Cky></Cky>", b"<Cky>%s</Cky>" % inside)

    def extended(self, element: bytes, *, end: bytes = b"</Signature>") -> bytes:
        return self.signature.replace(end, element + end)


#: XSW1 to XSW8 where the whole document is signed: the original is hidden, and found by what Id.
DECLARATION_ATTACKS: dict[str, tuple[Callable[[Wrap], bytes], str]] = {
    "xsw1 original in an object": (
        lambda w: w.around(w.extended(b"<Object>%s</Object>" % w.whole)),
        "place",
    ),
    "xsw2 original beside the signature": (lambda w: w.around(w.signature + w.whole), "place"),
    "xsw3 original after the evil content": (
        lambda w: w.evil.replace(b"<Cky></Cky>", w.whole + b"<Cky/>"),
        "missing",
    ),
    "xsw4 original in the evil content": (
        lambda w: w.evil.replace(b"</NoiDung>", w.whole + b"</NoiDung>"),
        "missing",
    ),
    "xsw5 signature in the evil content, unsigned original at the end": (
        lambda w: w.evil.replace(b"</NoiDung>", w.signature + b"</NoiDung>").replace(
            b"</TK1-TS>", DECLARATION.encode() + b"</TK1-TS>"
        ),
        "missing",
    ),
    "xsw6 signature in the evil content, original in it": (
        lambda w: w.evil.replace(
            b"</NoiDung>", w.extended(b"<Object>%s</Object>" % w.whole) + b"</NoiDung>"
        ),
        "missing",
    ),
    "xsw7 evil content in an extension of the original": (
        lambda w: w.whole.replace(b"<Cky>", b"<Extensions>%s</Extensions><Cky>" % w.evil),
        "digest",
    ),
    "xsw8 unsigned original in the object": (
        lambda w: w.around(w.extended(DECLARATION.encode(), end=b"</Object>")),
        "grammar",
    ),
    "the evil content alone": (lambda w: w.around(w.signature), "digest"),
    "a container before": (lambda w: w.whole.replace(b"<Cky>", b"<Cky></Cky><Cky>"), "place"),
    "a container behind": (lambda w: w.whole.replace(b"</Cky>", b"</Cky><Cky></Cky>"), "place"),
    "the form renamed": (lambda w: w.whole.replace(b"TK1-TS", b"TK3-TS"), "digest"),
    "the root wrapped": (lambda w: b"<D02-TS>%s</D02-TS>" % w.whole, "missing"),
    "the container moved into a box": (
        lambda w: w.whole.replace(b"<Cky>", b"<x><Cky>").replace(b"</Cky>", b"</Cky></x>"),
        "missing",
    ),
    "a reference by Id": (lambda w: w.whole.replace(b'URI=""', b'URI="#a"'), "reference"),
}


@pytest.mark.parametrize("name", DECLARATION_ATTACKS)
def test_bhxh_tokhai_refuses(name: str, unit: Holder) -> None:
    attack, reason = DECLARATION_ATTACKS[name]
    whole = signed(DECLARATION, PROFILES["bhxh-tokhai"], unit)
    start, end = whole.index(b"<Signature"), whole.index(b"</Cky>")
    wrapped = attack(
        Wrap(
            whole=whole,
            signature=whole[start:end],
            evil=DECLARATION.replace("1000", "9999").encode(),
        )
    )
    assert wrapped != whole

    with pytest.raises(DocumentError) as caught:
        verify(wrapped, PROFILES["bhxh-tokhai"])

    assert caught.value.details == {"reason": reason}
