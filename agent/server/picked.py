"""Files that the user picked in the agent's own dialog: hashed then, and again when signed.

A page has an id for each, its name without the folder, its size and its SHA-256. What is signed is
exactly what the user picked: a file that has changed since is `file_unreadable`, also when it
changes while it is read.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from agent.documents import Digested, Document, Filed
from agent.errors import UserError
from agent.formats.content import HEAD_BYTES
from agent.server.receipt import Hashes
from agent.server.spool import Folder, Pace, new_file, said
from protocol.errors import ProtocolError
from protocol.limits import MAX_CONTENT_BYTES, MAX_NAME_CHARS

_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """Its methods block."""

    path: Path = field(repr=False)
    size: int  # bytes
    sha256: bytes
    _changed_at: int  # nanoseconds, as the file system has it

    @classmethod
    def look(cls, path: Path, pace: Pace) -> "Picked":
        """Raises UserError file_unreadable, ProtocolError content_too_large, Stopped."""
        with _readable(path), path.open("rb", buffering=0) as file:
            found = os.fstat(file.fileno())
            if found.st_size > MAX_CONTENT_BYTES:
                raise ProtocolError("content_too_large", limit=MAX_CONTENT_BYTES)
            pace.total = found.st_size
            sha256 = hashlib.sha256()
            for chunk in _chunks(file, pace):
                sha256.update(chunk)
            picked = cls(
                path=path,
                size=found.st_size,
                sha256=sha256.digest(),
                _changed_at=found.st_mtime_ns,
            )
            if not picked._is(file) or pace.done != picked.size:
                raise _unreadable(path)
            return picked

    @property
    def name(self) -> str:
        """As a page may have it."""
        return _name(self.path)

    def document(
        self, scratch: Folder, pace: Pace, *, hold: int, whole: bool, hashes: tuple[str, ...]
    ) -> Document:
        """Its bytes if they are no more than `hold`; else a copy of ours or, where not the `whole`
        is needed, what is known of it: its `hashes`.

        Raises UserError file_unreadable, storage_full; Stopped.
        """
        pace.total = self.size
        made = {name: hashlib.new(name) for name in {"sha256", *hashes}}
        octets = bytearray()
        copy = scratch.new_file(size=self.size) if whole and self.size > hold else None
        with _readable(self.path), self.path.open("rb", buffering=0) as file:
            if not self._is(file):
                raise _unreadable(self.path)
            with _written(copy) as write:
                for chunk in _chunks(file, pace):
                    for one in made.values():
                        one.update(chunk)
                    octets += chunk[: max(hold, HEAD_BYTES) - len(octets)]
                    write(chunk)
            same = pace.done == self.size and made["sha256"].digest() == self.sha256
            if not same or not self._is(file):
                raise _unreadable(self.path)
        if self.size <= hold:
            return bytes(octets)
        digests = {name: one.digest() for name, one in made.items()}
        head = bytes(octets[:HEAD_BYTES])
        if copy is None:
            return Digested(size=self.size, digests=digests, head=head)
        return Filed(
            path=copy,
            size=self.size,
            digests=Hashes(copy, self.sha256),
            head=head,
            scratch=scratch.path(),
        )

    def _is(self, file: BinaryIO) -> bool:
        found = os.fstat(file.fileno())
        return (found.st_size, found.st_mtime_ns) == (self.size, self._changed_at)


def _chunks(file: BinaryIO, pace: Pace) -> Iterator[memoryview]:
    """Each is good until the next. Raises OSError, Stopped."""
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    while count := file.readinto(buffer):  # type: ignore[attr-defined]  # of a raw file
        pace.step(count)
        yield buffer[:count]


@contextmanager
def _written(copy: Path | None) -> Iterator[Callable[[memoryview], object]]:
    """Writes to a new file, or nowhere. Raises UserError storage_full, OSError."""
    if copy is None:
        yield len
        return
    try:
        with os.fdopen(new_file(copy), "wb", buffering=0) as file:
            yield file.write
    except OSError as error:
        raise said(error) from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> UserError:
    return UserError("file_unreadable", name=_name(path))


def _name(path: Path) -> str:
    """What of its name is text, and no more than names have (SPEC 3)."""
    text = path.name.encode("utf-8", "replace").decode("utf-8", "replace")
    return text[:MAX_NAME_CHARS] or "?"
