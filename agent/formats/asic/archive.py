"""A ZIP file from a stranger, taken apart without believing it (APPNOTE 6.3.10).

Refused, so that no two programs see different files: a second end of the directory, entries that
overlap or whose two headers differ, names that are there twice or lead elsewhere, encryption,
methods other than stored and deflated, anything before the first entry. What is unpacked is counted
while it comes, so a small file cannot become an endless one; nothing is ever written to a disk.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from agent.formats.asic import names
from agent.formats.asic.reasons import Reason, Rejected

MAX_ENTRIES: Final = 1000
_MAX_DIRECTORY_BYTES: Final = 1024 * 1024
#: Of what is unpacked all in all, more than the file itself has.
_MAX_GROWTH_BYTES: Final = 1024 * 1024 * 1024
_CHUNK_BYTES: Final = 1024 * 1024
_STORED, _DEFLATED = 0, 8
#: How hard was compressed (1, 2), sizes behind the data (3), names in UTF-8 (11).
_FLAGS: Final = 0b1000_0000_1110
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES: Final = 0xFFFF
_ZIP64_FIELD: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    name: str
    method: int
    flags: int
    crc: int
    packed: int  # bytes
    size: int  # bytes, as the directory says; held to it when read
    header: int  # where it begins

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


class Archive:
    """Raises DocumentError signature_invalid (archive) from every method; OSError."""

    def __init__(self, source: bytes | Path) -> None:
        self._source = source
        with self._open() as file:
            self._size = file.seek(0, io.SEEK_END)
            directory = _directory(file, self._size)
            found = tuple(_entries(directory.octets, directory.number))
            self._starts = _checked(file, found, directory, self._size)
        self.entries = {one.name: one for one in found}

    def first(self) -> Entry | None:
        return min(self.entries.values(), key=lambda one: one.header, default=None)

    def octets(self, entry: Entry, *, limit: int) -> bytes:
        if entry.size > limit:
            raise Rejected(Reason.ARCHIVE)
        return b"".join(self.chunks(entry))

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """Unpacked; the last one has come only when size and checksum were right."""
        size, crc = 0, 0
        for chunk in self._unpacked(entry):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if size > entry.size:
                break
            yield chunk
        if (size, crc) != (entry.size, entry.crc):
            raise Rejected(Reason.ARCHIVE)

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        packed = self._packed(entry)
        if entry.method == _STORED:
            yield from packed
            return
        inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for chunk in packed:
                left = chunk
                while left and not inflating.eof:
                    yield inflating.decompress(left, _CHUNK_BYTES)
                    left = inflating.unconsumed_tail
            while not inflating.eof and (more := inflating.decompress(b"", _CHUNK_BYTES)):
                yield more
        except zlib.error as error:
            raise Rejected(Reason.ARCHIVE) from error
        if not inflating.eof or inflating.unused_data:
            raise Rejected(Reason.ARCHIVE)

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        left = entry.packed
        with self._open() as file:
            file.seek(self._starts[entry.name])
            while left:
                chunk = file.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise Rejected(Reason.ARCHIVE)
                left -= len(chunk)
                yield chunk

    def _open(self) -> BinaryIO:
        if isinstance(self._source, bytes):
            return io.BytesIO(self._source)
        return self._source.open("rb", buffering=0)


class _Directory(NamedTuple):
    start: int
    number: int  # of entries
    octets: bytes


def _directory(file: BinaryIO, size: int) -> _Directory:
    tail_bytes = min(size, _END.size + _MAX_COMMENT_BYTES)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    ends = list(_ends(tail))
    if len(ends) != 1:
        raise Rejected(Reason.ARCHIVE)
    at = size - tail_bytes + ends[0]
    _, disk, first_disk, here, count, length, start, _ = _END.unpack_from(tail, ends[0])
    if (disk, first_disk) != (0, 0) or here != count:
        raise Rejected(Reason.ARCHIVE)
    if count == 0xFFFF or 0xFFFFFFFF in (length, start):  # noqa: PLR2004 - APPNOTE 4.4.1.4
        at, count, length, start = _end_64(file, at)
    # The directory ends where its end is told, and begins behind the entries: nothing is hidden.
    if length > _MAX_DIRECTORY_BYTES or count > MAX_ENTRIES or start + length != at:
        raise Rejected(Reason.ARCHIVE)
    return _Directory(start, count, _read(file, start, length))


def _ends(tail: bytes) -> Iterator[int]:
    at = tail.find(b"PK\5\6")
    while at >= 0:
        if len(tail) - at >= _END.size:
            comment = _END.unpack_from(tail, at)[-1]
            if at + _END.size + comment == len(tail):
                yield at
        at = tail.find(b"PK\5\6", at + 1)


def _end_64(file: BinaryIO, at: int) -> tuple[int, int, int, int]:
    """Where the directory's end is told, number of entries, length and start (APPNOTE 4.3.14)."""
    octets = _read(file, at - _LOCATOR_64.size, _LOCATOR_64.size)
    mark, disk, found, _ = _LOCATOR_64.unpack(octets)
    if mark != b"PK\6\7" or disk or found != at - _LOCATOR_64.size - _END_64.size:
        raise Rejected(Reason.ARCHIVE)
    mark, _, _, _, disk, first_disk, here, count, length, start = _END_64.unpack(
        _read(file, found, _END_64.size)
    )
    if mark != b"PK\6\6" or disk or first_disk or here != count:
        raise Rejected(Reason.ARCHIVE)
    return found, count, length, start


def _entries(directory: bytes, count: int) -> Iterator[Entry]:
    at, seen = 0, set()
    for _ in range(count):
        if len(directory) - at < _CENTRAL.size:
            raise Rejected(Reason.ARCHIVE)
        (
            mark, _, _, flags, method, _, _, crc, packed, size,
            name_bytes, extra_bytes, comment_bytes, disk, _, _, header,
        ) = _CENTRAL.unpack_from(directory, at)  # fmt: skip
        at += _CENTRAL.size
        octets = directory[at : at + name_bytes]
        extra = directory[at + name_bytes : at + name_bytes + extra_bytes]
        at += name_bytes + extra_bytes + comment_bytes
        if mark != b"PK\1\2" or disk or at > len(directory):
            raise Rejected(Reason.ARCHIVE)
        size, packed, header = _zip64(extra, size, packed, header)
        name = _name(octets)
        if names.folded(name) in seen or flags & ~_FLAGS or method not in (_STORED, _DEFLATED):
            raise Rejected(Reason.ARCHIVE)
        if method == _STORED and packed != size:
            raise Rejected(Reason.ARCHIVE)
        seen.add(names.folded(name))
        yield Entry(
            name=name, method=method, flags=flags, crc=crc, packed=packed, size=size, header=header
        )
    if at != len(directory):
        raise Rejected(Reason.ARCHIVE)


def _zip64(extra: bytes, *fields: int) -> tuple[int, int, int]:
    """Size, packed size and place, each from the extra field where it did not fit (4.5.3)."""
    wide = {}
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        wide[kind] = extra[at + 4 : at + 4 + length]
        at += 4 + length
    octets = wide.get(_ZIP64_FIELD, b"")
    found = []
    for value in fields:
        if value == 0xFFFFFFFF:  # noqa: PLR2004 - APPNOTE 4.4.8
            if len(octets) < 8:  # noqa: PLR2004 - eight octets each
                raise Rejected(Reason.ARCHIVE)
            found.append(int.from_bytes(octets[:8], "little"))
            octets = octets[8:]
        else:
            found.append(value)
    size, packed, header = found
    return size, packed, header


def _name(octets: bytes) -> str:
    try:
        name = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected(Reason.ARCHIVE) from error
    if not names.is_plain(name):
        raise Rejected(Reason.ARCHIVE)
    return name


def _checked(
    file: BinaryIO, entries: tuple[Entry, ...], directory: _Directory, size: int
) -> dict[str, int]:
    """Where each entry's data starts."""
    if sum(one.size for one in entries) > size + _MAX_GROWTH_BYTES:
        raise Rejected(Reason.ARCHIVE)
    starts, behind = {}, 0
    in_order = sorted(entries, key=lambda one: one.header)
    if in_order and in_order[0].header != 0:
        raise Rejected(Reason.ARCHIVE)
    for one in in_order:
        if one.header < behind:
            raise Rejected(Reason.ARCHIVE)
        starts[one.name] = _start(file, one)
        behind = starts[one.name] + one.packed
        if behind > directory.start:
            raise Rejected(Reason.ARCHIVE)
    return starts


def _start(file: BinaryIO, entry: Entry) -> int:
    octets = _read(file, entry.header, _LOCAL.size)
    mark, _, flags, method, _, _, crc, _, _, name_bytes, extra_bytes = _LOCAL.unpack(octets)
    name = _read(file, entry.header + _LOCAL.size, name_bytes)
    same = (flags, method, name) == (entry.flags, entry.method, entry.name.encode("utf-8"))
    told_later = flags & 0b1000
    if mark != b"PK\3\4" or not same or (crc != entry.crc and not told_later):
        raise Rejected(Reason.ARCHIVE)
    return entry.header + _LOCAL.size + int(name_bytes) + int(extra_bytes)


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    if at < 0:
        raise Rejected(Reason.ARCHIVE)
    file.seek(at)
    octets = file.read(count)
    if len(octets) != count:
        raise Rejected(Reason.ARCHIVE)
    return octets
