"""Entries and their evidence as files, for an archive, an auditor or a court.

    manifest.json                the chain: number and hash of each place, from first to last
    entries/000000042.json       canonical bytes, as they were hashed
    certificates/<SHA-256>.cer   evidence, by its hash, in DER
    ocsp/<SHA-256>.ors   crls/<SHA-256>.crl   timestamps/<SHA-256>.tst   other/<SHA-256>.bin
    summary.csv                  for people
    README.txt                   what this is and how anybody can verify it, with sha256 and JSON

Places that were not asked for, or deleted, have only their hash in the manifest; so every entry
that is there can be verified against the one before it. Nothing is ever written over, and what is
begun and not ended leaves nothing behind.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from msgspec import Meta

from agent.journal.broken import JournalBroken
from agent.journal.chain import stored
from agent.journal.entries import GENESIS
from agent.journal.evidence import Exhibit, Kind
from agent.journal.selection import Selection
from agent.journal.snapshot import Link, Snapshot
from agent.journal.store import Journal
from agent.journal.summary import Summary

MANIFEST: Final = "manifest.json"
SUMMARY: Final = "summary.csv"
README: Final = "README.txt"
#: Where evidence of a kind lies, and how its files' names end.
_PLACES: Final = {
    Kind.CERTIFICATE: ("certificates", "cer"),
    Kind.OCSP: ("ocsp", "ors"),
    Kind.CRL: ("crls", "crl"),
    Kind.TIMESTAMP: ("timestamps", "tst"),
    Kind.OTHER: ("other", "bin"),
}

#: Writes one file, by its name with "/".
Write = Callable[[str, bytes], None]
_Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place in the chain: its entry is in the export, or was deleted, or is left out."""

    number: Annotated[int, Meta(ge=1)]
    hash: _Sha256
    exported: bool = False
    deleted_by: int | None = None  # the number of the entry that says so


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["OpenKySo journal export 1"] = "OpenKySo journal export 1"
    made_at: datetime
    before: _Sha256  # what the first place is chained to
    chain: tuple[Place, ...]  # without a gap
    summary_sha256: _Sha256


class NothingChosen(Exception):  # noqa: N818 - a statement, not a defect
    """No entry is what was asked for."""


def entry_name(number: int) -> str:
    return f"entries/{number:09}.json"


def evidence_name(exhibit: Exhibit) -> str:
    folder, suffix = _PLACES[exhibit.kind]
    return f"{folder}/{exhibit.sha256}.{suffix}"


def export(
    journal: Journal,
    target: Path,
    selection: Selection,
    *,
    at: datetime,
    headings: Iterable[str],
) -> Manifest:
    """Write to a new folder, or to a new archive if `target` ends in ".zip"; the manifest.

    Raises NothingChosen, FileExistsError, OSError, and JournalBroken: a journal that was altered is
    no evidence.
    """
    journal.examined()
    with _made(target) as write, journal.snapshot() as snapshot:
        run = _Run(snapshot=snapshot, write=write, summary=Summary(headings))
        chain = _segment(run.place(link, selection) for link in snapshot.links())
        if not chain:
            raise NothingChosen
        before = snapshot.hash_of(chain[0].number - 1) or GENESIS
        table = run.summary.octets()
        manifest = Manifest(
            made_at=at,
            before=before.hex(),
            chain=chain,
            summary_sha256=sha256(table).hexdigest(),
        )
        write(SUMMARY, table)
        write(README, resources.files(__package__).joinpath("export.txt").read_bytes())
        write(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        return manifest


@dataclass(slots=True, kw_only=True)
class _Run:
    snapshot: Snapshot
    write: Write
    summary: Summary
    written: set[str] = field(default_factory=set)  # names of evidence

    def place(self, link: Link, selection: Selection) -> Place:
        """Write what is to be written of it."""
        number, digest = link.number, link.hash.hex()
        if link.text is None:
            return Place(number=number, hash=digest, deleted_by=link.deleted_by)
        one = stored(number, link.text, link.hash)
        if not selection.has(number, one.entry.at):
            return Place(number=number, hash=digest)
        self.write(entry_name(number), link.text)
        self.summary.add(one)
        for exhibit in one.entry.exhibits:
            name = evidence_name(exhibit)
            if name not in self.written:
                self.written.add(name)
                self.write(name, self._content(number, exhibit))
        return Place(number=number, hash=digest, exported=True)

    def _content(self, number: int, exhibit: Exhibit) -> bytes:
        der = exhibit.der if exhibit.der is not None else self.snapshot.exhibit(exhibit.sha256)
        if der is None:
            raise JournalBroken(number, "its evidence is missing")
        return der


def _segment(places: Iterable[Place]) -> tuple[Place, ...]:
    """From the first that is exported to the last."""
    chain: list[Place] = []
    end = 0
    for place in places:
        if chain or place.exported:
            chain.append(place)
        if place.exported:
            end = len(chain)
    return tuple(chain[:end])


def _made(target: Path) -> AbstractContextManager[Write]:
    return _archive(target) if target.suffix.lower() == ".zip" else _folder(target)


@contextmanager
def _folder(target: Path) -> Iterator[Write]:
    target.mkdir(mode=0o700)
    try:

        def write(name: str, content: bytes) -> None:
            path = target / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)

        yield write
    except BaseException:
        shutil.rmtree(target)
        raise


@contextmanager
def _archive(target: Path) -> Iterator[Write]:
    # For its user alone, like the journal that it is taken from.
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR | _BINARY, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            yield archive.writestr
    except BaseException:
        target.unlink()
        raise


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)  # Windows' own; elsewhere files are octets
