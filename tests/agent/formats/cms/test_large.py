"""CMS in files: signed without holding the document, and read in both ways of writing."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.documents import Digested, Filed
from agent.errors import DocumentError, InternalError
from agent.formats.cms import CmsFormat, apart, der, large, oids, verify
from agent.formats.content import as_filed
from agent.keys import Mechanism
from tests.support import cms as made
from tests.support.pki import NOW, Holder

CONTENT = bytes(range(256)) * 5000
ATTACHED = CmsFormat(attached=True)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def document(tmp_path: Path, scratch: Path) -> Filed:
    path = tmp_path / "document"
    path.write_bytes(CONTENT)
    return as_filed(path, scratch=scratch)


def in_pieces(signed: bytes, pieces: list[bytes], *, open_string: bool = True) -> bytes:
    """The same with open lengths all the way to the content, as `openssl cms -stream` writes."""
    version, digests, _, *rest = der_children(signed)
    octets = b"".join(der.octet_string(one) for one in pieces)
    string = b"\x24\x80" + octets + b"\0\0" if open_string else der.element(0x24, octets)
    content = b"\x30\x80" + oids.DATA + b"\xa0\x80" + string + b"\0\0\0\0"
    data = b"\x30\x80" + version + digests + content + b"".join(rest) + b"\0\0"
    return b"\x30\x80" + oids.SIGNED_DATA + b"\xa0\x80" + data + b"\0\0\0\0"


def der_children(signed: bytes) -> list[bytes]:
    from agent.formats.cms.structure import signed_data_element

    return [bytes(one.whole) for one in signed_data_element(signed).children()]


@pytest.fixture
def at(tmp_path: Path) -> Callable[[bytes], Path]:
    def written(octets: bytes) -> Path:
        path = tmp_path / "signed"
        path.write_bytes(octets)
        return path

    return written


def _good(path: Path) -> None:
    found = apart(path)
    verify(found.signature, content=found.content)


class TestSigning:
    def test_the_file_is_what_it_would_be_in_memory(self, unit: Holder, document: Filed) -> None:
        prepared = ATTACHED.prepare(document, certificate=unit.der, signing_time=NOW)
        value = unit.sign(prepared.digest)

        signed = prepared.complete(value)

        held = ATTACHED.prepare(CONTENT, certificate=unit.der, signing_time=NOW).complete(value)
        assert isinstance(signed, Filed)
        assert signed.path.read_bytes() == held
        assert signed.path.parent == document.scratch
        assert signed.digests["sha256"] == hashlib.sha256(held).digest()
        assert document.path.read_bytes() == CONTENT

    @pytest.mark.parametrize("change", [b"x", CONTENT[:-1], b""])
    def test_a_document_that_changes_meanwhile_is_not_signed(
        self, unit: Holder, document: Filed, change: bytes
    ) -> None:
        prepared = ATTACHED.prepare(document, certificate=unit.der, signing_time=NOW)
        document.path.write_bytes(change.ljust(len(CONTENT), b"x") if change == b"x" else change)

        with pytest.raises((InternalError, OSError)):
            prepared.complete(unit.sign(prepared.digest))

        assert list(document.scratch.iterdir()) == []

    def test_a_wrong_value_leaves_no_file(self, unit: Holder, document: Filed) -> None:
        prepared = ATTACHED.prepare(document, certificate=unit.der, signing_time=NOW)

        with pytest.raises(InternalError, match="self_check_failed"):
            prepared.complete(bytes(256))

        assert list(document.scratch.iterdir()) == []

    def test_a_hash_that_is_not_known_yet_is_computed(self, unit: Holder, document: Filed) -> None:
        way = CmsFormat(attached=True, mechanisms=(Mechanism.RSA_PSS_SHA512,))
        prepared = way.prepare(document, certificate=unit.der, signing_time=NOW)

        signed = prepared.complete(unit.sign_by(prepared.mechanism, prepared.digest))

        assert apart(signed.path).content.digests["sha512"] == hashlib.sha512(CONTENT).digest()


class TestReading:
    @pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "short", "long"])
    def test_der(self, unit: Holder, at: Callable[[bytes], Path], content: bytes) -> None:
        path = at(made.build(unit, content))

        found = apart(path)

        assert found.content == Digested(
            size=len(content),
            digests={"sha256": hashlib.sha256(content).digest()},
            head=content[: 64 * 1024],
        )
        assert found.place.size == len(content)
        (verified,) = verify(found.signature, content=found.content)
        assert verified.digest == hashlib.sha256(content).digest()

    @pytest.mark.parametrize("open_string", [True, False])
    @pytest.mark.parametrize("pieces", [[], [b""], [b"a", b"", b"bc"], [CONTENT, CONTENT]])
    def test_pieces(
        self, unit: Holder, at: Callable[[bytes], Path], pieces: list[bytes], *, open_string: bool
    ) -> None:
        content = b"".join(pieces)
        path = at(in_pieces(made.build(unit, content), pieces, open_string=open_string))

        found = apart(path)

        assert found.place is None
        assert verify(found.signature, content=found.content)
        assert verify(path.read_bytes())[0].content == content

    def test_hashes_are_those_that_are_announced(
        self, unit: Holder, at: Callable[[bytes], Path]
    ) -> None:
        path = at(made.build(unit, CONTENT, mechanism=Mechanism.RSA_PKCS1_SHA512))

        assert set(apart(path).content.digests) == {"sha256", "sha512"}

    def test_detached_there_is_nothing_to_read(
        self, unit: Holder, at: Callable[[bytes], Path]
    ) -> None:
        with pytest.raises(DocumentError) as caught:
            apart(at(made.build(unit, b"", attached=False)))

        assert caught.value.details == {"reason": "content"}

    def test_cut_anywhere_it_is_refused(self, unit: Holder, at: Callable[[bytes], Path]) -> None:
        for whole in (
            made.build(unit, b"content"),
            in_pieces(made.build(unit, b"content"), [b"con", b"tent"]),
        ):
            for size in (*range(100), *range(100, len(whole), 23), len(whole) - 1):
                with pytest.raises(DocumentError, match="signature_invalid"):
                    apart(at(whole[:size]))
            with pytest.raises(DocumentError, match="signature_invalid"):
                apart(at(whole + b"\0"))

    def test_changed_anywhere_only_documented_errors_come_out(
        self, unit: Holder, at: Callable[[bytes], Path]
    ) -> None:
        for whole in (
            made.build(unit, b"content"),
            in_pieces(made.build(unit, b"content"), [b"con", b"tent"]),
        ):
            for place in range(120):
                bent = bytearray(whole)
                bent[place] ^= 0x21
                with pytest.raises(DocumentError):
                    _good(at(bytes(bent)))

    def test_pieces_that_are_too_many(
        self, unit: Holder, at: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(large, "_MOST_PIECES", 10)
        path = at(in_pieces(made.build(unit, bytes(50)), [b"\0"] * 50))

        with pytest.raises(DocumentError, match="signature_invalid"):
            apart(path)

    def test_what_is_too_much_beside_the_content(
        self, unit: Holder, at: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(large, "SIGNATURE_ROOM", 100)

        with pytest.raises(DocumentError, match="document_too_large"):
            apart(at(made.build(unit, b"content")))
