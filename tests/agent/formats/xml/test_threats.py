"""One test for each row of the threat table that concerns XML signatures.

What comes of each document is in tests/vectors/xml; here it is asked that nothing else happens.
"""

import socket
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import PROFILES, XmlFormat, verify
from agent.formats.xml.intake import take_in
from tests.support.pki import NOW, Holder

VECTORS = Path(__file__).parents[3] / "vectors" / "xml"
BHXH = PROFILES["bhxh-hoso"]
SCHEMA = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
XINCLUDE = 'xmlns:x="http://www.w3.org/2001/XInclude"'


def signed(document: bytes, unit: Holder) -> bytes:
    made = XmlFormat(BHXH).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


class TestT9Dtds:
    def test_libxml2_never_sees_a_doctype(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agent.formats.xml.intake._parse", lambda _: pytest.fail("parsed"))
        found = sorted(VECTORS.glob("*-dtd*/document.xml"))

        assert len(found) > 5
        for path in found:
            with pytest.raises(DocumentError, match="document_has_dtd"):
                take_in(path.read_bytes(), path=BHXH.container)


class TestT10ExternalThings:
    @pytest.mark.parametrize(
        "template",
        [
            '<!DOCTYPE Hoso [<!ENTITY e SYSTEM "{}">]><Hoso>&e;<CKy_Dvi/></Hoso>',
            '<!DOCTYPE Hoso SYSTEM "{}"><Hoso><CKy_Dvi/></Hoso>',
            '<!DOCTYPE Hoso [<!ENTITY % p SYSTEM "{}"> %p;]><Hoso><CKy_Dvi/></Hoso>',
            f'<Hoso><x:include {XINCLUDE} href="{{}}" parse="text"/><CKy_Dvi/></Hoso>',
            '<?xml-stylesheet type="text/xsl" href="{}"?><Hoso><CKy_Dvi/></Hoso>',
            f'<Hoso {SCHEMA} i:noNamespaceSchemaLocation="{{}}"><CKy_Dvi/></Hoso>',
        ],
    )
    def test_no_file_is_read_and_nobody_is_asked(
        self, template: str, unit: Holder, tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret"
        secret.write_text("the user's secret")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            web = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            for address in (secret.as_uri(), str(secret), web):
                with suppress(DocumentError):
                    document = signed(template.format(address).encode(), unit)
                    assert b"the user's secret" not in document
            with pytest.raises(BlockingIOError):
                listener.accept()


class TestT11Wrapping:
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_wherever_an_element_is_put_it_is_covered_or_refused(
        self, unit: Holder, data: st.DataObject
    ) -> None:
        """The element may be moved in from elsewhere in the document, or be new."""
        root = etree.fromstring(
            signed(b"<Hoso><NoiDung><Tien>1</Tien><A/></NoiDung><CKy_Dvi/></Hoso>", unit)
        )
        places = list(root.iter("*"))
        place = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            moved = data.draw(st.sampled_from([p for p in places if p is not root]))
            if place in moved.iter("*"):
                return
        else:
            moved = etree.Element("Tien")
            moved.text = "9999"
        place.insert(data.draw(st.integers(0, len(place))), moved)
        wrapped = etree.tostring(root)

        try:
            verified = verify(wrapped, BHXH)
        except DocumentError:
            return

        assert b"<Tien>1</Tien>" in verified.covered
        assert b"9999" not in wrapped


class TestT32WrongVerification:
    def test_the_verifier_has_no_result_but_success(self, unit: Holder) -> None:
        """There is no flag that a caller could forget to look at."""
        good = signed(b"<Hoso><NoiDung>1</NoiDung><CKy_Dvi/></Hoso>", unit)
        assert verify(good, BHXH).certificate == unit.der

        with pytest.raises(DocumentError):
            verify(good.replace(b"<NoiDung>1", b"<NoiDung>2"), BHXH)

    def test_every_case_that_must_fail_has_a_twin_that_must_not(self) -> None:
        """A verifier that refuses everything would pass all the others."""
        good = {p.parent.name for p in VECTORS.glob("verify-good*/expect.toml")}

        assert len(good) >= 4
