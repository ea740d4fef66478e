"""What holds for every document: signing leaves it alone, canonicalises it right, fails by name."""

import base64
import hashlib
import re
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.certificates.describe import public_key, read
from agent.errors import DocumentError
from agent.formats.registry import format_for
from agent.formats.xml import PROFILES, verify
from tests.support.c14n import canonical
from tests.support.pki import NOW, Authority, Holder, Urls

NAMES = st.sampled_from(["a", "NoiDung", "Tên", "b.c", "_d"])
PREFIXES = st.sampled_from(["", "p", "q"])
URIS = st.sampled_from(["urn:1", "urn:2", "http://example.org/#x"])
#: Letters that canonical XML treats specially, and Vietnamese in both normal forms.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("\t\n\r &<>\"']ếé\u0301"),
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")),
    ),
    max_size=20,
).filter(lambda text: not any(char in text for char in "\ufffe\uffff"))
LINE_ENDS = st.sampled_from(["", "\n", "\r\n", " \t", "\r"])


@st.composite
def attributes(draw: st.DrawFn) -> str:
    written = {}
    for name, value in draw(st.lists(st.tuples(NAMES, TEXTS), max_size=3)):
        written[name] = quoteattr(value)
    for prefix, uri in draw(st.lists(st.tuples(PREFIXES, URIS), max_size=2)):
        written[f"xmlns{prefix and ':'}{prefix}"] = quoteattr(uri)
        if prefix and draw(st.booleans()):
            written[f"{prefix}:{prefix}"] = quoteattr(draw(TEXTS))
    if draw(st.booleans()):
        written["xml:lang"] = '"vi"'
    space = draw(st.sampled_from([" ", "  ", "\n\t"]))
    return "".join(f"{space}{name}={value}" for name, value in written.items())


def characters(draw: st.DrawFn) -> str:
    text = draw(TEXTS)
    match draw(st.integers(0, 3)):
        case 0:
            return f"<![CDATA[{text.replace(']]>', '')}]]>"
        case 1:
            return "".join(f"&#{ord(char)};" if char not in "&<>" else "" for char in text)
        case 2:
            # ">" may stand as it is, save after "]]".
            return text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "")
        case _:
            return escape(text)


@st.composite
def content(draw: st.DrawFn, depth: int = 2) -> str:
    written = []
    for kind in draw(st.lists(st.integers(0, 4), max_size=4)):
        match kind:
            case 0:
                written.append("<!-- c -->")
            case 1:
                written.append("<?p  q?>")
            case 2 if depth:
                name = draw(NAMES)
                inner = draw(content(depth - 1))
                written.append(f"<{name}{draw(attributes())}>{inner}</{name}>")
            case 2:
                written.append(f"<{draw(NAMES)}{draw(attributes())} />")
            case _:
                written.append(characters(draw))
    return "".join(written)


@st.composite
def dossiers(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """(before the container, the container, after it), in one of the encodings."""
    codec, declared, mark = draw(
        st.sampled_from(
            [
                ("utf-8", "", b""),
                ("utf-8", "utf-8", b""),
                ("utf-8", "UTF-8", b"\xef\xbb\xbf"),
                ("utf-16-le", "utf-16", b"\xff\xfe"),
                ("utf-16-be", "", b"\xfe\xff"),
            ]
        )
    )
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    around = st.sampled_from(["", "\n", "<!-- x -->", "<?p?>", "\r\n<?p q?>\r\n"])
    before = (
        f"{declaration}{draw(around)}<Hoso{draw(attributes())}>{draw(content())}{draw(LINE_ENDS)}"
    )
    empty = draw(st.sampled_from(["<CKy_Dvi/>", "<CKy_Dvi></CKy_Dvi>", "<CKy_Dvi>\r\n </CKy_Dvi>"]))
    after = f"{draw(LINE_ENDS)}{draw(content())}</Hoso>{draw(around)}"
    # A default namespace would take the container out of the profile's reach.
    assume(not re.search(r"<Hoso[^>]*\sxmlns=", before))
    return mark + before.encode(codec), empty.encode(codec), after.encode(codec)


@pytest.fixture(scope="module")
def unit() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).issue()


class TestEveryDossier:
    @settings(max_examples=120, deadline=None)
    @given(parts=dossiers())
    def test_keeps_every_byte_outside_its_container(self, unit: Holder, parts) -> None:
        before, empty, after = parts
        signed = _signed(before + empty + after, unit)

        assert signed.startswith(before)
        assert signed.endswith(after)

    @settings(max_examples=120, deadline=None)
    @given(parts=dossiers())
    def test_is_digested_as_canonical_xml_wants(self, unit: Holder, parts) -> None:
        """Against an implementation that has nothing in common with ours."""
        document = b"".join(parts)
        signed = _signed(document, unit)

        expected = canonical(document)
        verified = verify(signed, PROFILES["bhxh-hoso"])
        assert verified.covered == expected
        assert canonical(signed, without=("Signature",)) == expected
        digest = base64.b64encode(hashlib.sha256(expected).digest()).decode()
        assert f"<DigestValue>{digest}<".encode() in signed.replace(b"\0", b"")

    @settings(max_examples=120, deadline=None)
    @given(parts=dossiers(), position=st.integers(0, 10**6), flip=st.integers(1, 255))
    def test_no_flipped_byte_goes_unnoticed(
        self, unit: Holder, parts, position: int, flip: int
    ) -> None:
        """Unless what it changes is not signed: comments, white space in tags, the claimed time."""
        signed = bytearray(_signed(b"".join(parts), unit))
        original = bytes(signed)
        signed[position % len(signed)] ^= flip
        try:
            verified = verify(bytes(signed), PROFILES["bhxh-hoso"])
        except DocumentError:
            return

        assert verified.covered == canonical(original, without=("Signature",))
        # The certificate is covered by its issuer's signature, not by this one; its key is.
        assert public_key(read(verified.certificate)) == unit.key.public_key()


class TestArbitraryBytes:
    @settings(max_examples=200, deadline=None)
    @given(document=st.binary(max_size=300))
    def test_are_refused_by_name(self, unit: Holder, document: bytes) -> None:
        _signed_or_refused(document, unit)

    @settings(max_examples=200, deadline=None)
    @given(parts=dossiers(), data=st.data())
    def test_so_are_damaged_dossiers(self, unit: Holder, parts, data) -> None:
        document = bytearray(b"".join(parts))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(document)))
            length = data.draw(st.integers(0, 8))
            document[at : at + length] = data.draw(
                st.one_of(
                    st.binary(max_size=4),
                    st.sampled_from([b"<", b"/>", b"&", b"<!DOCTYPE", b"]]>"]),
                )
            )
        _signed_or_refused(bytes(document), unit)


def _signed(document: bytes, unit: Holder) -> bytes:
    made = format_for("bhxh-hoso").prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


def _signed_or_refused(document: bytes, unit: Holder) -> None:
    """Nothing but a DocumentError, and what is signed is what an independent reader sees."""
    try:
        signed = _signed(document, unit)
    except DocumentError:
        return

    assert verify(signed, PROFILES["bhxh-hoso"]).covered == canonical(document)
