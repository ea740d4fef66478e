"""What holds for every document of which one element is signed by its Id."""

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.certificates.describe import public_key, read
from agent.errors import DocumentError
from agent.formats.registry import format_for
from agent.formats.xml import PROFILES, verify
from tests.properties.test_xml_signing import LINE_ENDS, TEXTS, URIS, content
from tests.support.c14n import canonical
from tests.support.pki import NOW, Authority, Holder, Urls

TAX = "http://kekhaithue.gdt.gov.vn/TKhaiThue"
INHERITED = st.dictionaries(st.sampled_from(["xmlns:p", "xmlns:q"]), URIS) | st.just(
    {"xml:lang": "vi", "xmlns:p": "urn:1"}
)
OWN = st.dictionaries(st.sampled_from(["a", "b", "xml:lang", "xml:space"]), TEXTS, max_size=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    before: bytes  # all before the container
    empty: bytes
    after: bytes
    covered: bytes  # canonical: the element as if it were a document, with what it inherits

    @property
    def document(self) -> bytes:
        return self.before + self.empty + self.after


def tag(name: str, attributes: dict[str, str]) -> str:
    return name + "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())


@st.composite
def documents(draw: st.DrawFn, profile: str) -> Drawn:
    root, name, attribute, container = {
        "etax": ("HSoThueDTu", "HSoKhaiThue", "id", "CKyDTu"),
        "einvoice": ("HDon", "DLHDon", "Id", "NBan"),
    }[profile]
    inherited = draw(INHERITED) | ({"xmlns": TAX} if profile == "etax" else {})
    own = draw(OWN) | draw(INHERITED) | {attribute: draw(st.sampled_from(["ID1", "_x.y-1"]))}
    inside = draw(content())
    if profile == "etax" and draw(st.booleans()):
        inside += "<x xmlns=''><y/></x><z/>"
    element = f"<{tag(name, own)}>{inside}</{name}>"
    alone = f"<{tag(name, inherited | own)}>{inside}</{name}>"
    space = draw(LINE_ENDS)
    around = ("<DSCKS>", "<NMua/></DSCKS>") if profile == "einvoice" else ("", "")
    start = tag(root, inherited | {"notInherited": draw(TEXTS)})
    return Drawn(
        before=f"<{start}>{space}<!-- x -->{element}{space}{around[0]}".encode(),
        empty=draw(st.sampled_from([f"<{container}/>", f"<{container}> </{container}>"])).encode(),
        after=f"{around[1]}{space}</{root}>".encode(),
        covered=canonical(alone.encode()),
    )


@pytest.fixture(scope="module")
def unit() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).issue()


def signed(document: bytes, profile: str, unit: Holder) -> bytes:
    made = format_for(profile).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


@pytest.mark.parametrize("profile", ["etax", "einvoice"])
class TestEveryDocument:
    @settings(max_examples=120, deadline=None)
    @given(data=st.data())
    def test_is_digested_as_canonical_xml_wants_and_keeps_every_byte(
        self, unit: Holder, profile: str, data: st.DataObject
    ) -> None:
        """Against an implementation that has nothing in common with ours."""
        drawn = data.draw(documents(profile))

        written = signed(drawn.document, profile, unit)

        assert verify(written, PROFILES[profile]).covered == drawn.covered
        assert written.startswith(drawn.before)
        assert written.endswith(drawn.after)

    @settings(max_examples=150, deadline=None)
    @given(data=st.data(), position=st.integers(0, 10**6), flip=st.integers(1, 255))
    def test_no_flipped_byte_goes_unnoticed(
        self, unit: Holder, profile: str, data: st.DataObject, position: int, flip: int
    ) -> None:
        """Unless what it changes is not signed: what stands around the element."""
        drawn = data.draw(documents(profile))
        written = bytearray(signed(drawn.document, profile, unit))
        before = verify(bytes(written), PROFILES[profile])
        written[position % len(written)] ^= flip
        try:
            verified = verify(bytes(written), PROFILES[profile])
        except DocumentError:
            return

        assert verified.covered == drawn.covered
        assert verified.claimed_time == before.claimed_time
        assert public_key(read(verified.certificate)) == unit.key.public_key()


@settings(max_examples=60, deadline=None)
@given(drawn=documents("einvoice"), buyer_first=st.booleans())
def test_co_signers_never_break_each_other(unit: Holder, drawn: Drawn, buyer_first: bool) -> None:
    order = ["einvoice", "einvoice-buyer"]
    document = drawn.document
    for profile in reversed(order) if buyer_first else order:
        document = signed(document, profile, unit)

    for profile in order:
        assert verify(document, PROFILES[profile]).covered == drawn.covered


@settings(max_examples=150, deadline=None)
@given(drawn=documents("einvoice"), data=st.data())
def test_damaged_documents_are_refused_by_name(
    unit: Holder, drawn: Drawn, data: st.DataObject
) -> None:
    document = bytearray(drawn.document)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(document)))
        damage = st.sampled_from([b"<", b"/>", b"&", b" Id='ID1'", b"<DLHDon/>", b"xmlns='r'"])
        document[at : at + data.draw(st.integers(0, 8))] = data.draw(damage | st.binary(max_size=4))
    try:
        written = signed(bytes(document), "einvoice", unit)
    except DocumentError:
        return

    assert verify(written, PROFILES["einvoice"]).certificate == unit.der
