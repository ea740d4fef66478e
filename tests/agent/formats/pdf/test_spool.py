"""Documents in files: signed and verified as those that are held, in little memory."""

import hashlib
import tracemalloc

import pytest

from agent.documents import Filed
from agent.errors import DocumentError
from agent.formats.pdf import PdfFormat, Stamp, spool
from agent.formats.pdf.changes import Change
from agent.formats.pdf.reader import MAX_BYTES, MAX_FILED_BYTES
from agent.formats.pdf.spool import Spooled
from agent.formats.pdf.verify import examine
from tests.support import pdf
from tests.support.pdf_levels import World
from tests.vectors.pdf.originals import hybrid, linearised, object_streams

WORLD = World()
MEGABYTE = 1024 * 1024


def filed(octets: bytes, folder, *, head: bytes = b"") -> Filed:
    path = folder / "document.pdf"
    path.write_bytes(octets)
    digests = {"sha256": hashlib.sha256(octets).digest()}
    return Filed(path=path, size=len(octets), digests=digests, head=head, scratch=folder)


def with_large_stream(size: int, folder) -> Filed:
    """The stream is a hole in the file, and the page shows it."""
    small = pdf.file()
    path, at = folder / "large.pdf", len(small)
    head = b"10 0 obj\n<< /Type /XObject /Subtype /Image /Length %d >>\nstream\n" % size
    page = (
        b"\nendstream\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources"
        b" << /Font << /F1 5 0 R >> /XObject << /I 10 0 R >> >> >>\nendobj\n"
    )
    table = at + len(head) + size + len(page)
    tail = (
        b"xref\n3 1\n%010d 00000 n \n10 1\n%010d 00000 n \ntrailer\n"
        b"<< /Size 11 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    ) % (table - len(page) + 18, at, int(small.split()[-2]), table)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        file.write(small + head)
        file.seek(size, 1)
        file.write(page + tail)
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            digest.update(chunk)
    return Filed(
        path=path,
        size=path.stat().st_size,
        digests={"sha256": digest.digest()},
        scratch=folder,
    )


class TestSigning:
    @pytest.mark.parametrize(
        "document",
        [pdf.file(pages=3), object_streams(), hybrid(), linearised()],
        ids=["table", "object streams", "hybrid", "linearised"],
    )
    def test_a_file_is_signed_as_what_it_holds_is(self, tmp_path, document) -> None:
        signed = WORLD.signed(filed(document, tmp_path), stamp=Stamp())

        octets = signed.path.read_bytes()
        assert octets.startswith(document)
        assert (signed.size, signed.digests["sha256"]) == (
            len(octets),
            hashlib.sha256(octets).digest(),
        )
        (found,) = examine(octets).signatures
        assert (found.valid, found.covers_file) == (True, True)

    def test_the_document_stays_as_it_was(self, tmp_path) -> None:
        document = filed(pdf.file(), tmp_path)

        signed = WORLD.signed(document)

        assert signed.path != document.path
        assert signed.path.parent == tmp_path
        assert document.path.read_bytes() == pdf.file()

    def test_what_is_shown_of_it_is_the_same(self, tmp_path) -> None:
        octets = pdf.appended(WORLD.signed(pdf.file(pages=5)), {4: pdf.stream("BT ET")})

        held, lying = (
            PdfFormat().prepare(one, certificate=WORLD.unit.der, signing_time=WORLD.at)
            for one in (octets, filed(octets, tmp_path))
        )

        assert held.description == lying.description
        assert "pdf_changed" in held.description.warnings

    def test_changes_after_an_earlier_signature_are_found(self, tmp_path) -> None:
        signed = WORLD.signed(filed(pdf.file(), tmp_path)).path.read_bytes()
        changed = pdf.appended(signed, {4: pdf.stream("BT (another) Tj ET")})

        (found,) = examine(filed(changed, tmp_path)).signatures

        assert found.changed_after is Change.OTHER

    def test_a_file_that_was_exchanged_meanwhile_is_not_signed(self, tmp_path) -> None:
        document = filed(pdf.file(), tmp_path)
        document.path.write_bytes(pdf.file(text="Evil!"))

        with pytest.raises(Exception, match="self_check_failed"):
            WORLD.signed(document)

    def test_a_full_disk_is_said_to_be_one(self, tmp_path, monkeypatch) -> None:
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(spool.os, "copy_file_range", full, raising=False)

        with pytest.raises(DocumentError) as refusal:
            WORLD.signed(filed(pdf.file(), tmp_path))

        assert refusal.value.code == "storage_full"

    @pytest.mark.parametrize("error", [OSError(38, "not implemented"), None])
    def test_where_the_kernel_cannot_copy_we_do(self, tmp_path, monkeypatch, error) -> None:
        def not_here(*_):
            raise error

        if error:
            monkeypatch.setattr(spool.os, "copy_file_range", not_here, raising=False)
        else:
            monkeypatch.delattr(spool.os, "copy_file_range", raising=False)

        signed = WORLD.signed(filed(pdf.file(), tmp_path))

        assert signed.path.read_bytes().startswith(pdf.file())


class TestBounds:
    def test_memory_does_not_grow_with_the_file(self, tmp_path) -> None:
        """Signed, signed again (which looks for changes in all objects), and verified."""
        document = with_large_stream(24 * MEGABYTE, tmp_path)
        WORLD.signed(pdf.file())  # what is loaded once is not counted
        tracemalloc.start()
        try:
            twice = WORLD.signed(WORLD.signed(document))
            first, second = examine(twice).signatures
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert (first.problem, first.changed_after) == ("", Change.FILLED)
        assert second.covers_file
        assert peak < 8 * MEGABYTE

    def test_there_is_a_limit_for_each_way(self, tmp_path) -> None:
        large = Filed(
            path=tmp_path, size=MAX_FILED_BYTES + 1, digests={"sha256": b""}, scratch=tmp_path
        )

        with pytest.raises(DocumentError) as refusal:
            examine(large)

        assert refusal.value.details["limit"] == MAX_FILED_BYTES > MAX_BYTES

    def test_large_pieces_are_equal_to_the_same_octets(self, tmp_path) -> None:
        path = tmp_path / "pieces"
        path.write_bytes(b"ab" * 5000 + b"ab" * 4999 + b"ac")
        with Spooled(path) as file:
            file.stay()
            one, other = file.read(10_000), file.read(10_000)

            assert one == b"ab" * 5000
            assert one != other
            assert one[:-2] == other[:-2]
            assert len(one[:-2]) == 9998
            assert one != b"ab"
            with file.whole():
                file.seek(0)
                assert isinstance(file.read(10_000), bytes)
