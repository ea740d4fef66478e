"""What holds for every document and shape: bytes are left alone, nothing signed can be changed."""

import base64
import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.errors import DocumentError
from agent.formats.levels import Level
from agent.formats.xml.general import Coverage, content_needed, verify
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Canonical, Content, Form, Packaging, Time, XmlShape
from tests.properties.test_xml_signing import attributes, content
from tests.support.c14n import canonical
from tests.support.pki import NOW, Authority, Holder, Urls
from tests.support.xml_levels import answered

FORMS = st.sampled_from([(Form.XADES, None), *((Form.XMLDSIG, time) for time in (None, *Time))])


@pytest.fixture(scope="module")
def unit() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).issue()


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    around = st.sampled_from(["", "\n", "<!-- x -->", "<?p?>"])
    root = f"<Hoso{draw(attributes())}>{draw(content())}</Hoso>"
    mark, codec = draw(
        st.sampled_from([("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le")])
    )
    return f"{mark}{draw(around)}{root}{draw(around)}".encode(codec)


@st.composite
def shapes(draw: st.DrawFn, *packagings: Packaging) -> XmlShape:
    form, time = draw(FORMS)
    packaging = draw(st.sampled_from(packagings))
    return XmlShape(
        packaging=packaging,
        form=form,
        signing_time=time,
        canonicalization=draw(st.sampled_from(Canonical)),
        digest=draw(st.sampled_from([None, "sha384", "sha512"])),
    )


def signed(document: bytes, unit: Holder, shape: XmlShape) -> bytes:
    made = ShapedFormat(shape=shape).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


class TestEveryDocument:
    @settings(max_examples=50, deadline=None)
    @given(document=documents(), shape=shapes(Packaging.ENVELOPED))
    def test_keeps_its_bytes_and_is_digested_as_canonical_xml_wants(
        self, unit: Holder, document: bytes, shape: XmlShape
    ) -> None:
        made = signed(document, unit, shape)

        codec = "utf-16-le" if document.startswith(b"\xff\xfe") else "utf-8"
        cut = made.index("<ds:Signature ".encode(codec))
        end = made.rindex("</ds:Signature>".encode(codec)) + len("</ds:Signature>".encode(codec))
        assert canonical(made[:cut] + made[end:]) == canonical(document)
        (found,) = verify(made)
        if shape.canonicalization is not Canonical.EXC_C14N_10:
            assert found.covered[0].octets == canonical(document)

    @settings(max_examples=40, deadline=None)
    @given(document=documents(), shape=shapes(Packaging.ENVELOPING))
    def test_stands_in_an_enveloping_signature_as_it_is(
        self, unit: Holder, document: bytes, shape: XmlShape
    ) -> None:
        made = signed(document, unit, shape)

        (found,) = verify(made)
        (root,) = etree.fromstring(made).iter("{*}Hoso") if b"<Hoso" in document else (None,)
        assert found.covered[0].kind is Coverage.OBJECT
        if root is not None:
            assert root.tag == etree.fromstring(document).tag

    @settings(max_examples=30, deadline=None)
    @given(document=st.binary(max_size=200), shape=shapes(Packaging.DETACHED))
    def test_of_any_bytes_is_signed_beside_or_within(
        self, unit: Holder, document: bytes, shape: XmlShape
    ) -> None:
        (found,) = verify(signed(document, unit, shape), content=document)
        within = XmlShape(packaging=Packaging.ENVELOPING, content=Content.BASE64)
        (enveloped,) = verify(signed(document, unit, within))

        assert found.covered[0].octets == enveloped.covered[0].octets == document

    @settings(max_examples=100, deadline=None)
    @given(
        document=documents(),
        shape=shapes(Packaging.ENVELOPED, Packaging.ENVELOPING),
        position=st.integers(0, 10**6),
        flip=st.integers(1, 255),
    )
    def test_no_flipped_byte_goes_unnoticed(
        self, unit: Holder, document: bytes, shape: XmlShape, position: int, flip: int
    ) -> None:
        """Unless what it changes is not signed: comments, white space in tags, an unsigned time."""
        original = signed(document, unit, shape)
        bent = bytearray(original)
        bent[position % len(bent)] ^= flip
        try:
            (found,) = verify(bytes(bent))
        except DocumentError:
            return

        (before,) = verify(original)
        assert found.covered == before.covered
        assert found.method is before.method
        if before.time_is_signed:
            assert found.claimed_time == before.claimed_time


class TestArbitraryBytes:
    @settings(max_examples=100, deadline=None)
    @given(document=st.binary(max_size=300))
    def test_nothing_but_documented_errors(self, document: bytes) -> None:
        assert content_needed(document) is None
        with pytest.raises(DocumentError):
            verify(document)

    @settings(max_examples=120, deadline=None)
    @given(data=st.data())
    def test_a_signature_that_was_bent_is_refused_by_name(
        self, raised: bytes, data: st.DataObject
    ) -> None:
        """Elements, attributes and texts of all that a signature consists of, anywhere in it."""
        root = etree.fromstring(raised)
        elements = list(root.iter("*"))
        one, other = (data.draw(st.sampled_from(elements)) for _ in range(2))
        match data.draw(st.integers(0, 4)):
            case 0:
                one.text = data.draw(st.sampled_from(["", "x", "AAAA", " ", "-1", None]))
            case 1:
                one.tag = other.tag
            case 2:
                if one.getparent() is not None:
                    one.getparent().remove(one)
            case 3:
                one.attrib.update(other.attrib)
            case _:
                assume(other not in one.iterancestors() and one not in other.iter())
                one.addprevious(other) if one.getparent() is not None else one.append(other)
        try:
            found = verify(etree.tostring(root))
        except DocumentError:
            return

        assert all(b"1000" in part.octets for one in found for part in one.covered)


@pytest.fixture(scope="module")
def raised(unit: Holder) -> bytes:
    shape = XmlShape(element=("Don", "NoiDung"))
    document = b'<Don><NoiDung Id="nd">1000</NoiDung></Don>'
    way = ShapedFormat(shape=shape)
    made = way.raised(signed(document, unit, shape), document=document, level=Level.LTA)
    return answered(made, Authority.root())


def test_the_digest_is_of_what_is_covered(unit: Holder) -> None:
    made = signed(b"<a>b</a>", unit, XmlShape(digest="sha384"))

    (found,) = verify(made)
    digest = hashlib.sha384(found.covered[0].octets).digest()
    assert base64.b64encode(digest) in made
