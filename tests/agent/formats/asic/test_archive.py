"""ZIP files that programs could read differently, or that are larger than they look."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import DocumentError
from agent.formats.asic import archive as module
from agent.formats.asic.archive import Archive
from tests.support.asic import zipped

FILES = [("a", b"1" * 100), ("b", b"2" * 200)]


def refused(octets: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        _read(octets)
    assert caught.value.details == {"reason": "archive"}


def _read(octets: bytes) -> dict[str, bytes]:
    archive = Archive(octets)
    return {
        name: archive.octets(entry, limit=10_000_000) for name, entry in archive.entries.items()
    }


def deflated(*files: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files:
            archive.writestr(name, octets)
    return held.getvalue()


class TestReading:
    @pytest.mark.parametrize("write", [lambda f: zipped(f, kind=None), lambda f: deflated(*f)])
    def test_files(self, write) -> None:
        assert _read(write(FILES)) == dict(FILES)

    def test_written_without_seeking(self) -> None:
        """Then sizes stand behind the data."""

        class Pipe(io.RawIOBase):
            def __init__(self) -> None:
                self.octets = bytearray()

            def writable(self) -> bool:
                return True

            def write(self, octets) -> int:
                self.octets += octets
                return len(octets)

        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, octets in FILES:
                archive.writestr(name, octets)

        assert _read(bytes(pipe.octets)) == dict(FILES)

    def test_64_bits(self) -> None:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive, archive.open("a", "w", force_zip64=True) as one:
            one.write(b"1")
        assert _read(held.getvalue()) == {"a": b"1"}
        assert _read(_as_64(zipped(FILES, kind=None))) == dict(FILES)

    def test_a_comment(self) -> None:
        held = io.BytesIO(zipped(FILES, kind=None))
        with zipfile.ZipFile(held, "a") as archive:
            archive.comment = b"mimetype=application/vnd.etsi.asic-e+zip"

        assert _read(held.getvalue()) == dict(FILES)


def _as_64(octets: bytes) -> bytes:
    """The same with the end of the directory in its long form."""
    end = octets.rindex(b"PK\5\6")
    count, length, start = struct.unpack_from("<HLL", octets, end + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    short = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return octets[:end] + record + locator + short


class TestNames:
    @pytest.mark.parametrize(
        "name", ["../a", "a/../b", "/a", "a//b", "a\\b", "C:a", "./a", "a\x1f", ".."]
    )
    def test_that_lead_elsewhere(self, name: str) -> None:
        refused(zipped([("x" * len(name.encode()), b"")], kind=None).replace(
            b"x" * len(name.encode()), name.encode()
        ))  # fmt: skip

    @pytest.mark.parametrize("name", ["a", "A", "ệ", "e\u0323\u0302"])
    def test_that_are_there_twice(self, name: str) -> None:
        other = {"a": "a", "A": "a", "ệ": "e\u0323\u0302", "e\u0323\u0302": "ệ"}[name]
        if name == other:
            with pytest.warns(UserWarning, match="Duplicate"):
                octets = zipped([(name, b"1"), (other, b"2")], kind=None)
        else:
            octets = zipped([(name, b"1"), (other, b"2")], kind=None)
        refused(octets)

    def test_no_utf8(self) -> None:
        refused(zipped([("xx", b"")], kind=None).replace(b"xx", b"\xff\xfe"))


class TestTricks:
    def test_headers_that_differ(self) -> None:
        octets = zipped(FILES, kind=None)
        refused(octets.replace(b"a" + FILES[0][1], b"c" + FILES[0][1], 1))

    def test_something_before_the_first(self) -> None:
        refused(b"MZ" + zipped(FILES, kind=None))

    def test_something_behind_the_end(self) -> None:
        refused(zipped(FILES, kind=None) + b"x")

    def test_two_ends(self) -> None:
        octets = zipped(FILES, kind=None)
        end = octets[octets.rindex(b"PK\5\6") :]
        with_comment = bytearray(octets)
        with_comment[-2:] = struct.pack("<H", len(end))
        refused(bytes(with_comment) + end)

    def test_entries_that_overlap(self) -> None:
        """A few kilobytes that unpack to petabytes are made so."""
        octets = bytearray(zipped(FILES, kind=None))
        central = octets.index(b"PK\1\2")
        second = octets.index(b"PK\1\2", central + 1)
        octets[second + 42 : second + 46] = octets[central + 42 : central + 46]
        refused(bytes(octets))

    def test_a_size_that_is_not_true(self) -> None:
        octets = bytearray(deflated(("a", bytes(100_000))))
        for mark, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
            at = octets.index(mark) + offset
            octets[at : at + 4] = struct.pack("<L", 10)
        refused(bytes(octets))

    def test_a_checksum_that_is_not_true(self) -> None:
        octets = bytearray(zipped(FILES, kind=None))
        octets[octets.index(b"1" * 100)] ^= 1
        refused(bytes(octets))

    def test_a_bomb(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MAX_GROWTH_BYTES", 1000)
        refused(deflated(("a", bytes(100_000))))

    def test_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_ENTRIES", 1)
        refused(zipped(FILES, kind=None))

    def test_encrypted(self) -> None:
        octets = bytearray(zipped(FILES, kind=None))
        octets[octets.index(b"PK\1\2") + 8] |= 1
        octets[octets.index(b"PK\3\4") + 6] |= 1
        refused(bytes(octets))

    def test_other_methods(self) -> None:
        octets = zipped([("a", b"1" * 100)], kind=None)
        for mark, offset in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
            at = octets.index(mark) + offset
            octets = octets[:at] + b"\x0c\0" + octets[at + 2 :]
        refused(octets)

    def test_a_stream_that_goes_on_behind_its_end(self) -> None:
        packed = zlib.compress(b"1", wbits=-15) + b"more"
        octets = bytearray(zipped([("a", packed)], kind=None))
        for mark, method, crc in ((b"PK\1\2", 10, 16), (b"PK\3\4", 8, 14)):
            at = octets.index(mark)
            octets[at + method] = 8
            octets[at + crc : at + crc + 4] = struct.pack("<L", zlib.crc32(b"1"))
            octets[at + crc + 8 : at + crc + 12] = struct.pack("<L", 1)
        refused(bytes(octets))

    @pytest.mark.parametrize("size", [0, 3, 21, 22, 50])
    def test_no_archive(self, size: int) -> None:
        refused(bytes(size))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 10_000), octet=st.integers(0, 255), cut=st.integers(0, 400))
def test_only_documented_errors_come_out(at: int, octet: int, cut: int) -> None:
    octets = bytearray(_as_64(deflated(*FILES)) if at % 2 else deflated(*FILES))
    octets[at % len(octets)] = octet
    try:
        found = _read(bytes(octets[: len(octets) - cut]) if cut < 100 else bytes(octets))
    except DocumentError:
        return
    assert set(found.values()) <= {octets for _, octets in FILES}
