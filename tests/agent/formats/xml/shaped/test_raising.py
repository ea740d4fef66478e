"""Levels above B-B: what is asked for, where it is put, and that nothing else changes."""

import hashlib

import pytest
from lxml import etree

from agent.errors import DocumentError
from agent.formats.levels import Evidence, EvidenceNeeded, Level, StampNeeded
from agent.formats.xml import canonical
from agent.formats.xml.general import verify
from agent.formats.xml.profiles import Canonicalization
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Canonical, Packaging, XmlShape
from tests.support.pki import NOW, Authority, Holder, Urls
from tests.support.xml_levels import answered, token_for

DS = "{http://www.w3.org/2000/09/xmldsig#}"
DOCUMENT = b'<Don xml:lang="vi" xmlns="urn:d"><NoiDung Id="nd">1000</NoiDung><ChuKy/></Don>'
BESIDE = XmlShape(
    element=("{urn:d}Don", "{urn:d}NoiDung"), container=("{urn:d}Don", "{urn:d}ChuKy")
)
SHAPES = {
    "document": XmlShape(),
    "inclusive": XmlShape(canonicalization=Canonical.C14N_10),
    "element": BESIDE,
    "enveloping": XmlShape(packaging=Packaging.ENVELOPING),
    "detached": XmlShape(packaging=Packaging.DETACHED),
}


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root()


@pytest.fixture(scope="module")
def unit(root: Authority) -> Holder:
    return root.issue()


def signed(holder: Holder, shape: XmlShape, document: bytes = DOCUMENT) -> bytes:
    made = ShapedFormat(shape=shape).prepare(document, certificate=holder.der, signing_time=NOW)
    return made.complete(holder.sign(made.digest))


def raising(made: bytes, shape: XmlShape, level: Level, document: bytes = DOCUMENT):
    return ShapedFormat(shape=shape).raised(made, document=document, level=level)


@pytest.mark.parametrize("name", SHAPES)
class TestEveryShape:
    def test_needs_are_asked_for_in_order_and_end_up_in_the_signature(
        self, root: Authority, unit: Holder, name: str
    ) -> None:
        shape, needs = SHAPES[name], []
        made = signed(unit, shape)

        after = answered(raising(made, shape, Level.LTA), root, needs=needs)

        stamp, signer, authority, archive = needs
        content = DOCUMENT if name == "detached" else None
        (before,), (found,) = verify(made, content=content), verify(after, content=content)
        assert isinstance(stamp, StampNeeded)
        assert stamp.sha256 == hashlib.sha256(found.stamped).digest()
        assert isinstance(signer, EvidenceNeeded)
        assert signer.certificates == (unit.der,)
        assert isinstance(authority, EvidenceNeeded)
        assert len(authority.certificates) == 1
        assert isinstance(archive, StampNeeded)
        assert (len(found.timestamps), len(found.archive_timestamps)) == (1, 1)
        assert root.der in found.embedded
        assert len(found.crls) == 2  # the signer's, and the authority's
        assert found.covered == before.covered
        head, tail = made[:200], made[made.rindex(b"</ds:Signature>") :]
        assert after.startswith(head)
        assert after.endswith(tail)

    def test_one_level_after_the_other_is_the_same_as_all_at_once(
        self, root: Authority, unit: Holder, name: str
    ) -> None:
        shape = SHAPES[name]
        made = signed(unit, shape)
        for level in (Level.T, Level.LT, Level.LTA):
            needs = []
            made = answered(raising(made, shape, level), root, needs=needs)
            assert len(needs) == {Level.T: 1, Level.LT: 2, Level.LTA: 1}[level]

        (found,) = verify(made, content=DOCUMENT if name == "detached" else None)
        assert (len(found.timestamps), len(found.archive_timestamps)) == (1, 1)


class TestWhatIsStamped:
    def test_is_the_canonical_signature_value(self, root: Authority, unit: Holder) -> None:
        made = signed(unit, BESIDE)

        need = next(raising(made, BESIDE, Level.T))

        value = next(etree.fromstring(made).iter(DS + "SignatureValue"))
        octets = canonical.subtree(value, Canonicalization.EXC_C14N_10)
        assert octets.startswith(
            b'<ds:SignatureValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id='
        )
        assert need == StampNeeded(sha256=hashlib.sha256(octets).digest())

    def test_an_archive_is_renewed_by_another_stamp_of_the_first_too(
        self, root: Authority, unit: Holder
    ) -> None:
        shape = XmlShape()
        once = answered(raising(signed(unit, shape), shape, Level.LTA), root)

        twice = answered(raising(once, shape, Level.LTA), root)

        assert len(verify(twice)[0].archive_timestamps) == 2

    def test_what_an_archive_stamp_is_of_by_hand(self, root: Authority, unit: Holder) -> None:
        """EN 319 132-1 §5.5.2.2: references, three parts of the signature, what stands before."""
        shape, needs = BESIDE, []
        made = answered(raising(signed(unit, shape), shape, Level.LTA), root, needs=needs)

        def exclusive(element: etree._Element) -> bytes:
            alone = etree.fromstring(etree.tostring(element, with_tail=False))
            return etree.tostring(alone, method="c14n", exclusive=True)

        tree = etree.fromstring(made)
        xades = "{http://uri.etsi.org/01903/v1.3.2#}"
        (unsigned,) = tree.iter(xades + "UnsignedSignatureProperties")
        parts = [
            next(tree.iter("{urn:d}NoiDung")),
            next(tree.iter(xades + "SignedProperties")),
            *(next(tree.iter(DS + n)) for n in ("SignedInfo", "SignatureValue", "KeyInfo")),
            *unsigned[:-1],
        ]
        expected = hashlib.sha256(b"".join(map(exclusive, parts))).digest()
        assert needs[-1] == StampNeeded(sha256=expected)


class TestRefusals:
    def test_a_token_of_something_else(self, root: Authority, unit: Holder) -> None:
        other = token_for(bytes(32), root.stamping())
        with pytest.raises(DocumentError) as caught:
            answered(raising(signed(unit, BESIDE), BESIDE, Level.T), root, StampNeeded=other)

        assert caught.value.details == {"reason": "timestamp"}

    def test_evidence_that_says_nothing_of_revocation(self, root: Authority, unit: Holder) -> None:
        nothing = Evidence(certificates=(root.der,))
        with pytest.raises(DocumentError, match="signature_invalid"):
            answered(raising(signed(unit, BESIDE), BESIDE, Level.LT), root, EvidenceNeeded=nothing)

    def test_a_document_without_this_signature(self, unit: Holder) -> None:
        for document in (DOCUMENT, signed(unit, XmlShape(signature_id="other"))):
            with pytest.raises(DocumentError, match="signature_invalid"):
                next(raising(document, BESIDE, Level.T))

    def test_a_signature_that_was_changed(self, unit: Holder) -> None:
        with pytest.raises(DocumentError, match="signature_invalid"):
            next(raising(signed(unit, BESIDE).replace(b"1000", b"9999"), BESIDE, Level.T))

    def test_an_archive_stamp_over_what_is_not_at_hand(self, root: Authority, unit: Holder) -> None:
        from agent.documents import Digested

        shape = SHAPES["detached"]
        known = Digested(size=len(DOCUMENT), digests={"sha256": hashlib.sha256(DOCUMENT).digest()})
        way = ShapedFormat(shape=shape)
        made = signed(unit, shape)

        raised = answered(way.raised(made, document=known, level=Level.LT), root)

        assert verify(raised, content=known)[0].timestamps
        with pytest.raises(DocumentError, match="option_unsupported"):
            answered(way.raised(raised, document=known, level=Level.LTA), root)


def test_b_b_is_what_it_was(unit: Holder) -> None:
    made = signed(unit, BESIDE)

    with pytest.raises(StopIteration) as done:
        next(raising(made, BESIDE, Level.B))

    assert done.value.value == made


def test_the_second_of_two_signers_is_raised_and_the_first_left(
    root: Authority, unit: Holder
) -> None:
    second = XmlShape(element=BESIDE.element, container=BESIDE.container, signature_id="second")
    both = signed(root.issue("Second"), second, signed(unit, BESIDE))

    after = answered(raising(both, second, Level.LTA), root)
    after = answered(raising(after, BESIDE, Level.T), root)

    first, last = verify(after)
    assert (len(first.timestamps), first.archive_timestamps) == (1, ())
    assert (len(last.timestamps), len(last.archive_timestamps)) == (1, 1)


def test_ocsp_answers_and_a_chain_are_embedded(unit: Holder) -> None:
    top = Authority.root()
    ca = Authority.under(top, urls=Urls())
    holder = ca.issue()
    evidence = Evidence(certificates=(holder.der, ca.der, top.der), ocsp_responses=(b"ocsp",))

    made = answered(raising(signed(holder, BESIDE), BESIDE, Level.LT), top, EvidenceNeeded=evidence)

    (found,) = verify(made)
    assert found.ocsp_responses == (b"ocsp", b"ocsp")
    assert found.embedded == (ca.der, top.der)  # the signer's own is in KeyInfo
