"""Documents of any kind: hashed while they stream, held within bounds, shown if they are text."""

import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import pytest

from agent.documents import Digested
from agent.errors import DocumentError
from agent.formats.content import (
    HEAD_BYTES,
    Slice,
    as_filed,
    describe,
    digest,
    digested,
    filed,
    held,
    known_digests,
)


class Endless(io.RawIOBase):
    """Zeros, `size` bytes of them, handed over in odd pieces."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = min(self.left, len(buffer), 99_991)
        buffer[:count] = bytes(count)
        self.left -= count
        return count


class TestDigested:
    @pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, HEAD_BYTES + 1, 3 * 1024 * 1024 + 7])
    def test_is_what_the_whole_would_be(self, size: int) -> None:
        whole = os.urandom(size)

        found = digested(io.BytesIO(whole), algorithms=("sha384",))

        assert found == Digested(
            size=size,
            digests={n: hashlib.new(n, whole).digest() for n in ("sha256", "sha384")},
            head=whole[:HEAD_BYTES],
        )

    def test_reads_a_raw_file_to_its_end(self, tmp_path) -> None:
        (tmp_path / "file").write_bytes(b"x" * 5_000_000)
        with (tmp_path / "file").open("rb", buffering=0) as file:
            assert digested(file).size == 5_000_000

    def test_memory_does_not_grow_with_the_document(self) -> None:
        tracemalloc.start()
        try:
            digested(Endless(64 * 1024 * 1024))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert most < 4 * 1024 * 1024


class TestDigestAndHeld:
    def test_of_bytes_any_hash_is_known(self) -> None:
        assert digest(b"a", "sha512") == hashlib.sha512(b"a").digest()

    def test_of_hashes_only_those(self) -> None:
        known = digested(io.BytesIO(b"a"))

        assert digest(known, "sha256") == hashlib.sha256(b"a").digest()
        with pytest.raises(DocumentError, match="document_too_large"):
            digest(known, "sha512")

    def test_what_is_too_large_or_not_at_hand_cannot_be_held(self) -> None:
        assert held(b"12", limit=2) == b"12"
        for document in (b"123", digested(io.BytesIO(b"1"))):
            with pytest.raises(DocumentError) as caught:
                held(document, limit=2)
            assert caught.value.code == "document_too_large"
            assert caught.value.details["limit"] == 2


class TestDescribe:
    def test_text_is_shown(self) -> None:
        told = describe("Hợp đồng\n\tsố 1".encode(), kind="other")

        assert (told.preview, told.preview_cut) == ("Hợp đồng\n\tsố 1", False)
        assert told.sha256 == hashlib.sha256("Hợp đồng\n\tsố 1".encode()).hexdigest()

    @pytest.mark.parametrize("octets", [b"%PDF-1.7\n\x00\x01", b"\xff\xd8\xff", b"a\x1b[2Jb"])
    def test_other_things_are_not(self, octets: bytes) -> None:
        told = describe(octets, kind="other")

        assert (told.preview, told.preview_cut) == ("", True)

    def test_an_empty_document_is_shown_whole(self) -> None:
        assert not describe(b"", kind="other").preview_cut

    @pytest.mark.parametrize("held", [True, False])
    def test_of_a_long_text_the_beginning(self, *, held: bool) -> None:
        """Cut within a letter of several bytes."""
        text = ("a" + "ế" * HEAD_BYTES).encode()

        told = describe(text if held else digested(io.BytesIO(text)), kind="other")

        assert told.preview == "a" + "ế" * ((HEAD_BYTES - 1) // 3)
        assert told.preview_cut
        assert told.size == len(text)

    def test_half_a_letter_at_the_end_is_no_text(self) -> None:
        assert describe("ế".encode()[:-1], kind="other").preview == ""


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "document"
        path.write_bytes(b"0123456789")
        return path

    def test_parts_of_files_and_octets_make_a_new_one(self, file: Path, tmp_path: Path) -> None:
        made = filed(tmp_path, (b"<", Slice(path=file, start=2, size=3), b">"))

        assert made.path.read_bytes() == b"<234>"
        assert made.path.parent == tmp_path
        assert (made.size, made.head) == (5, b"<234>")
        assert made.digests == {"sha256": hashlib.sha256(b"<234>").digest()}

    def test_a_part_that_is_not_there_leaves_nothing(self, file: Path, tmp_path: Path) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir()

        with pytest.raises(OSError, match="shorter"):
            filed(scratch, (Slice(path=file, start=8, size=3),))

        assert list(scratch.iterdir()) == []

    def test_another_hash_is_computed_when_it_is_wanted(self, file: Path, tmp_path: Path) -> None:
        document = as_filed(file, scratch=tmp_path)

        assert digest(document, "sha512") == hashlib.sha512(b"0123456789").digest()
        assert known_digests(document) is None
        assert known_digests(digested(io.BytesIO(b""))) == {"sha256"}

    def test_a_small_one_can_be_held(self, file: Path, tmp_path: Path) -> None:
        document = as_filed(file, scratch=tmp_path)

        assert held(document, limit=10) == b"0123456789"
        with pytest.raises(DocumentError, match="document_too_large"):
            held(document, limit=9)
