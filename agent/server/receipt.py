"""One document while it comes, hashed as it streams; what is kept of it, in memory or a file."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.documents import Digested, Document, Filed
from agent.formats.algorithms import HASHES
from agent.formats.content import HEAD_BYTES
from agent.server.spool import Folder, new_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A document that is whole. Of one that is `digest_only`, `octets` and `path` have the head."""

    size: int  # bytes
    sha256: bytes
    digest_only: bool
    octets: bytes | None = field(repr=False)  # where it is small and there was memory
    path: Path | None  # else

    def document(self, scratch: Folder, *, hold: int) -> Document:
        """Its bytes if they are no more than `hold`. Blocks; raises OSError."""
        if self.digest_only:
            return Digested(size=self.size, digests={"sha256": self.sha256}, head=self._small())
        if self.path is None or self.size <= max(hold, HEAD_BYTES):
            return self._small()
        with self.path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        return Filed(
            path=self.path,
            size=self.size,
            digests=Hashes(self.path, self.sha256),
            head=head,
            scratch=scratch.path(),
        )

    def _small(self) -> bytes:
        if self.octets is not None:
            return self.octets
        assert self.path is not None
        return self.path.read_bytes()


class Hashes(Mapping[str, bytes]):
    """Of a file that does not change: SHA-256 is known, the others are found out when needed."""

    def __init__(self, path: Path, sha256: bytes) -> None:
        self._path = path
        self._known = {"sha256": sha256}

    def __getitem__(self, name: str) -> bytes:
        """Reads the file for a new one; raises OSError."""
        if name not in HASHES:
            raise KeyError(name)
        if name not in self._known:
            with self._path.open("rb") as file:
                self._known[name] = hashlib.file_digest(file, name).digest()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(HASHES))

    def __len__(self) -> int:
        return len(HASHES)


class Receipt:
    """Its methods block, and are called by one thread at a time; they raise OSError."""

    def __init__(self, *, digest_only: bool, place: Callable[[], Path] | None) -> None:
        """What is kept goes to the new file that `place` names or, without it, stays in memory."""
        self._digest_only = digest_only
        self._place = place
        self._path: Path | None = None
        self._file: int | None = None
        self._memory = bytearray()
        self._sha256 = hashlib.sha256()
        self._size = 0

    def add(self, payload: memoryview) -> None:
        """Raises what `place` does, too."""
        kept = payload[: max(0, HEAD_BYTES - self._size)] if self._digest_only else payload
        if self._place is None:
            self._memory += kept
        else:
            self._write(self._place, kept)
        self._sha256.update(payload)
        self._size += len(payload)

    def finish(self) -> Kept:
        self.close()
        return Kept(
            size=self._size,
            sha256=self._sha256.digest(),
            digest_only=self._digest_only,
            octets=bytes(self._memory) if self._path is None else None,
            path=self._path,
        )

    def discard(self) -> None:
        self.close()
        self._memory.clear()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _write(self, place: Callable[[], Path], octets: memoryview) -> None:
        if self._file is None:
            self._path = place()
            self._file = new_file(self._path)
        while octets:
            octets = octets[os.write(self._file, octets) :]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
