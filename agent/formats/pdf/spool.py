"""A PDF in a file, of which pyHanko reads and writes what it needs, however large the file is.

pyHanko holds each stream object that it has looked at, and analysing what was changed after a
signature looks at all of them. So the octets of streams stay in the file until they are compared;
`whole` is for those who must decode one.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.full_disk import FULL, room

#: What pyHanko reads at once beyond this is the octets of a stream object.
_SMALL: Final = 4096
_CHUNK_BYTES: Final = 1024 * 1024


class Piece:
    """Octets that stay in their file. Equal to the same octets, wherever those are."""

    __slots__ = ("_file", "_length", "_start")
    __hash__ = None  # type: ignore[assignment]  # nobody hashes what may be a gigabyte

    def __init__(self, file: "Spooled", start: int, length: int) -> None:
        self._file, self._start, self._length = file, start, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> "Piece":
        start, end, step = part.indices(self._length)
        assert step == 1  # pyHanko cuts off a line end, nothing else
        return Piece(self._file, self._start + start, max(end - start, 0))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Piece):
            if (self._file, self._start, self._length) == (other._file, other._start, len(other)):
                return True
            return len(self) == len(other) and all(
                one == another for one, another in zip(self._chunks(), other._chunks(), strict=True)
            )
        if isinstance(other, bytes):
            return len(self) == len(other) and b"".join(self._chunks()) == other
        return NotImplemented

    def _chunks(self) -> Iterator[bytes]:
        for at in range(self._start, self._start + self._length, _CHUNK_BYTES):
            yield self._file.octets(at, min(_CHUNK_BYTES, self._start + self._length - at))


class Spooled(io.BufferedRandom):
    """The file as a stream that is read and added to."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "r+"))
        self._whole = True

    def read(self, size: int | None = -1, /) -> bytes:
        if self._whole or size is None or size <= _SMALL:
            return super().read(size)
        start = self.tell()
        end = min(start + size, self.seek(0, os.SEEK_END))
        self.seek(end)
        # pyHanko keeps it, cuts its end off and compares it, as a `Piece` can be.
        return Piece(self, start, end - start)  # type: ignore[return-value]

    def stay(self) -> None:
        """From now on large pieces stay in the file."""
        self._whole = False

    @contextmanager
    def whole(self) -> Iterator[None]:
        """While they are needed in memory."""
        before, self._whole = self._whole, True
        try:
            yield
        finally:
            self._whole = before

    def octets(self, start: int, length: int) -> bytes:
        position = self.tell()
        try:
            self.seek(start)
            return super().read(length)
        finally:
            self.seek(position)


def copied(original: Path, *, scratch: Path) -> Path:
    """A copy to be added to; file systems that can share the octets do. Raises DocumentError
    storage_full; OSError.
    """
    with room():
        descriptor, name = tempfile.mkstemp(suffix=".pdf", dir=scratch)
        with os.fdopen(descriptor, "wb") as copy, original.open("rb") as source:
            if not _shared(source, copy):
                shutil.copyfileobj(source, copy, _CHUNK_BYTES)
    return Path(name)


def _shared(source: io.BufferedReader, copy: io.BufferedWriter) -> bool:
    """Within the kernel (Linux), which copies references where the file system has them."""
    if not hasattr(os, "copy_file_range"):
        return False
    left = os.fstat(source.fileno()).st_size
    try:
        while left:
            done = os.copy_file_range(source.fileno(), copy.fileno(), left)
            if not done:
                break
            left -= done
    except OSError as error:
        if error.errno in FULL:
            raise
        source.seek(0)
        copy.truncate(0)
        copy.seek(0)
        return False
    return True
