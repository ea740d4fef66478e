"""What a signature in a PDF is of: all octets but those between two places (ISO 32000-1 §12.8.1).

The gap is exactly the signature's own /Contents, a hexadecimal string; a gap that is larger, or
elsewhere, hides something else from the signature.
"""

import binascii
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.documents import Digested
from agent.errors import DocumentError
from agent.formats.pdf.reader import Stream

_CHUNK_BYTES: Final = 1024 * 1024
_MAX_GAP_BYTES: Final = 16 * 1024 * 1024
_WHITE: Final = b"\0\t\n\f\r "
_NUMBERS: Final = 4
#: Of the file: how often it may be hashed for all of its signatures.
_MOST_PASSES: Final = 8


@dataclass(frozen=True, slots=True)
class ByteRange:
    before: int  # octets [0, before) are signed,
    after: int  # and octets [after, end)
    end: int

    @property
    def size(self) -> int:
        return self.before + self.end - self.after


def read_range(array: object, *, size: int) -> ByteRange | None:
    """Of a /ByteRange in a file of `size` octets; None for what no honest signature has."""
    if not isinstance(array, Sequence) or len(array) != _NUMBERS:
        return None
    numbers = [int(one) for one in array if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) != _NUMBERS or min(numbers) < 0:
        return None
    start, before, after, length = numbers
    found = ByteRange(before, after, after + length)
    return found if start == 0 and 0 < before < after < found.end <= size else None


def up_to(end: int) -> ByteRange:
    """All of a file's first `end` octets."""
    return ByteRange(end, end, end)


def size_of(stream: Stream) -> int:
    return stream.seek(0, os.SEEK_END)


def gap(stream: Stream, byte_range: ByteRange) -> bytes | None:
    """What the hexadecimal string in the gap says; None if anything else is there."""
    length = byte_range.after - byte_range.before
    if length > _MAX_GAP_BYTES:
        return None
    octets = bytearray(length)
    stream.seek(byte_range.before)
    if stream.readinto(octets) != length or octets[:1] != b"<" or octets[-1:] != b">":
        return None
    try:
        return binascii.unhexlify(octets[1:-1].translate(None, _WHITE))
    except binascii.Error:
        return None


def digests(stream: Stream, wanted: Iterable[tuple[ByteRange, frozenset[str]]]) -> list[Digested]:
    """The hashes of each range, in one pass over what they have in common.

    Raises DocumentError pdf_malformed if they have too little in common for so many.
    """
    ranges = list(wanted)
    if sum(one.end - one.after for one, _ in ranges) > _MOST_PASSES * size_of(stream):
        raise DocumentError("pdf_malformed", reason="signatures")
    names = {"sha256"}.union(*(algorithms for _, algorithms in ranges))
    running = {name: hashlib.new(name) for name in names}
    found: dict[int, Digested] = {}
    at = 0
    for index, (one, algorithms) in sorted(enumerate(ranges), key=lambda each: each[1][0].before):
        _feed(stream, at, one.before, running.values())
        at = one.before
        own = {name: running[name].copy() for name in {"sha256", *algorithms}}
        _feed(stream, one.after, one.end, own.values())
        found[index] = Digested(
            size=one.size, digests={name: each.digest() for name, each in own.items()}
        )
    return [found[index] for index in range(len(ranges))]


def _feed(stream: Stream, start: int, end: int, hashes: Iterable["hashlib._Hash"]) -> None:
    hashes = tuple(hashes)
    chunk = memoryview(bytearray(min(_CHUNK_BYTES, max(end - start, 0))))
    stream.seek(start)
    while start < end:
        count = stream.readinto(chunk[: min(len(chunk), end - start)])
        if not count:
            raise DocumentError("pdf_malformed", reason="cut off")
        for one in hashes:
            one.update(chunk[:count])
        start += count
