"""Verify an export with nothing but the export: its chain, its deletions, its evidence, its table.

What it proves: the entries are what was hashed, one after the other, and the evidence is what they
name. What it cannot prove alone: that the whole chain was not made up. The last hash does, where
somebody else has it: the journal it comes from, an older export, a time stamp of the manifest.

The files may be anybody's: they are found by the numbers and hashes that the manifest names and
never by a path in it, and are bounded in size.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

import msgspec

from agent.journal.broken import JournalBroken
from agent.journal.chain import Examined, Graves, add, checked
from agent.journal.entries import Entry, Span
from agent.journal.evidence import Exhibit
from agent.journal.export import MANIFEST, SUMMARY, Manifest, Place, entry_name, evidence_name
from agent.journal.snapshot import Link

#: Chains of a million entries; whole CRLs.
_MOST_MANIFEST_BYTES: Final = 256 * 1024 * 1024
_MOST_BYTES: Final = 128 * 1024 * 1024

#: The content of a file of the export; raises NoExport if there is none or it is too large.
Read = Callable[[str, int], bytes]


class NoExport(Exception):  # noqa: N818 - a statement about the file
    """It is no export of a journal, or part of it is missing."""


def verified(target: Path) -> Examined:
    """Raises JournalBroken, NoExport, OSError."""
    with _opened(target) as read:
        try:
            manifest = msgspec.json.decode(read(MANIFEST, _MOST_MANIFEST_BYTES), type=Manifest)
        except ValueError as error:
            raise NoExport(f"{MANIFEST}: {error}") from error
        return _Check(read, manifest).run()


class _Check:
    def __init__(self, read: Read, manifest: Manifest) -> None:
        self._read = read
        self._manifest = manifest
        self._seen: set[str] = set()  # evidence
        self._graves: dict[int, Graves] = {}
        self._deleted: list[Span] = []
        self._entries = 0

    def run(self) -> Examined:
        chain = self._manifest.chain
        if not chain:
            raise NoExport(f"{MANIFEST}: no entry")
        number, previous = chain[0].number, bytes.fromhex(self._manifest.before)
        for place in chain:
            if place.number != number:
                raise JournalBroken(number, "an entry is missing")
            self._check(place, previous)
            previous = bytes.fromhex(place.hash)
            number += 1
        self._check_summary()
        return Examined(
            entries=self._entries, deleted=tuple(self._deleted), number=number - 1, hash=previous
        )

    def _check(self, place: Place, previous: bytes) -> None:
        digest = bytes.fromhex(place.hash)
        if place.deleted_by is not None:
            if place.deleted_by <= place.number or place.exported:
                raise JournalBroken(place.number, "the tombstone was changed")
            self._graves.setdefault(place.deleted_by, Graves()).add(place.number, digest)
            add(self._deleted, place.number)
        elif place.exported:
            text = self._file(place.number, entry_name(place.number))
            entry = checked(Link(place.number, text, digest, None), previous)
            self._entries += 1
            self._check_deletion(place.number, entry)
            for exhibit in entry.exhibits:
                self._check_evidence(place.number, exhibit)

    def _check_deletion(self, number: int, entry: Entry) -> None:
        """It may have deleted more than is within this export, but nothing else."""
        first = self._manifest.chain[0].number
        graves = self._graves.pop(number, Graves())
        said = entry.deletion.spans if entry.deletion is not None else ()
        here = tuple((max(a, first), b) for a, b in said if b >= first)
        if graves.spans != list(here):
            raise JournalBroken(number, "other entries are gone than it says")
        whole = entry.deletion is not None and here == said
        if whole and entry.deletion != graves.deletion():
            raise JournalBroken(number, "other entries are gone than it says")

    def _check_evidence(self, number: int, exhibit: Exhibit) -> None:
        name = evidence_name(exhibit)
        if name in self._seen:
            return
        self._seen.add(name)
        content = self._file(number, name)
        if hashlib.sha256(content).hexdigest() != exhibit.sha256:
            raise JournalBroken(number, "its evidence was changed")

    def _check_summary(self) -> None:
        table = self._read(SUMMARY, _MOST_BYTES)
        if hashlib.sha256(table).hexdigest() != self._manifest.summary_sha256:
            raise JournalBroken(0, f"{SUMMARY} was changed")

    def _file(self, number: int, name: str) -> bytes:
        try:
            return self._read(name, _MOST_BYTES)
        except NoExport as error:
            raise JournalBroken(number, f"{error}") from error


@contextmanager
def _opened(target: Path) -> Iterator[Read]:
    if target.is_dir():
        yield lambda name, limit: _of_file(target / name, limit)
        return
    try:
        with ZipFile(target) as archive:
            yield lambda name, limit: _of_archive(archive, name, limit)
    except BadZipFile as error:
        raise NoExport(f"{error}") from error


def _of_file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError as error:
        raise NoExport(f"{path.name} is missing") from error
    return _bounded(path.name, content, limit)


def _of_archive(archive: ZipFile, name: str, limit: int) -> bytes:
    try:
        with archive.open(name) as file:
            content = file.read(limit + 1)
    except KeyError as error:
        raise NoExport(f"{name} is missing") from error
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise NoExport(f"{name} is damaged") from error  # encrypted, an unknown method, cut off
    return _bounded(name, content, limit)


def _bounded(name: str, content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise NoExport(f"{name} is too large")
    return content
