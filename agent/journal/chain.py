"""Is the chain what was written? Every link, every deletion, all evidence, and the end.

An entry that was deleted by command has left its hash, which the next one is chained to, and an
entry that names it and hashes all that it deleted (`entries.Deletion`). So what is left is proved
unaltered, and who takes an entry away without saying so is found out as before.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from agent.journal.broken import JournalBroken
from agent.journal.entries import (
    DELETE,
    GENESIS,
    Deletion,
    Entry,
    Span,
    Stored,
    link,
    parse,
)
from agent.journal.snapshot import Link, Snapshot

_CHANGED: Final = "the entry or the one before it was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A journal in order."""

    entries: int  # that are there
    deleted: tuple[Span, ...]  # numbers of those that were deleted by command
    number: int  # of the last one
    hash: bytes  # of the last one


@dataclass(slots=True)
class Graves:
    """The tombstones that name one entry as the one that deleted them."""

    spans: list[Span] = field(default_factory=list)
    hashes: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, number: int, digest: bytes) -> None:
        add(self.spans, number)
        self.hashes.update(digest)

    def deletion(self) -> Deletion:
        return Deletion(spans=tuple(self.spans), sha256=self.hashes.hexdigest())


def add(spans: list[Span], number: int) -> None:
    """To ascending spans, a number above them."""
    if spans and spans[-1][1] == number - 1:
        spans[-1] = (spans[-1][0], number)
    else:
        spans.append((number, number))


def examine(snapshot: Snapshot, *, head: tuple[int, bytes]) -> Examined:
    """Raises JournalBroken."""
    walk = Walk()
    at_head = GENESIS if head[0] == 0 else None
    for place in snapshot.links():
        walk.step(place)
        if place.number == head[0]:
            at_head = place.hash
    found = walk.ended()
    if at_head is None:
        raise JournalBroken(found.number + 1, "entries at the end were removed")
    if at_head != head[1]:
        raise JournalBroken(head[0], "the chain was rebuilt")
    check_evidence(walk.needed, snapshot.evidence())
    return found


class Walk:
    """Along a chain from its beginning."""

    def __init__(self) -> None:
        self.needed: dict[str, int] = {}  # hashes of evidence, each with the first that needs it
        self._number = 0
        self._previous = GENESIS
        self._entries = 0
        self._deleted: list[Span] = []
        self._graves: dict[int, Graves] = {}

    def step(self, place: Link) -> None:
        """Raises JournalBroken."""
        self._number += 1
        if place.number != self._number:
            raise JournalBroken(self._number, "an entry is missing")
        if place.text is None:
            self._pass_grave(place)
        else:
            self._entries += 1
            entry = checked(place, self._previous)
            self._check_deletion(entry)
            for one in entry.exhibits:
                if one.der is None:
                    self.needed.setdefault(one.sha256, self._number)
        self._previous = place.hash

    def ended(self) -> Examined:
        """Raises JournalBroken."""
        for graves in self._graves.values():
            raise JournalBroken(graves.spans[0][0], "an entry was removed, and none says so")
        return Examined(
            entries=self._entries,
            deleted=tuple(self._deleted),
            number=self._number,
            hash=self._previous,
        )

    def _pass_grave(self, place: Link) -> None:
        by = place.deleted_by
        if not isinstance(by, int) or by <= place.number or not is_hash(place.hash):
            raise JournalBroken(place.number, "the tombstone was changed")
        self._graves.setdefault(by, Graves()).add(place.number, place.hash)
        add(self._deleted, place.number)

    def _check_deletion(self, entry: Entry) -> None:
        graves = self._graves.pop(self._number, None)
        if entry.deletion != (None if graves is None else graves.deletion()):
            raise JournalBroken(self._number, "other entries are gone than it says")


def checked(place: Link, previous: bytes) -> Entry:
    """The entry at this place, after one with hash `previous`. Raises JournalBroken."""
    text = place.text
    if not isinstance(text, bytes) or not is_hash(place.hash):
        raise JournalBroken(place.number, _CHANGED)
    if link(previous, text) != place.hash:
        raise JournalBroken(place.number, _CHANGED)
    number, entry = parsed(place.number, text)
    if number != place.number:
        raise JournalBroken(place.number, "the entry was moved")
    if (entry.action == DELETE) != (entry.deletion is not None):
        raise JournalBroken(place.number, "the entry cannot be read")
    return entry


def check_evidence(needed: dict[str, int], pieces: Iterable[tuple[bytes, bytes]]) -> None:
    """All that is needed is there, and is what it was. Raises JournalBroken."""
    missing = dict(needed)
    for digest, content in _octets(pieces):
        if hashlib.sha256(content).digest() != digest:
            raise JournalBroken(needed.get(digest.hex(), 0), "its evidence was changed")
        missing.pop(digest.hex(), None)
    if missing:
        raise JournalBroken(min(missing.values()), "its evidence is missing")


def _octets(pieces: Iterable[tuple[object, object]]) -> Iterator[tuple[bytes, bytes]]:
    for digest, content in pieces:
        if not isinstance(digest, bytes) or not isinstance(content, bytes):
            raise JournalBroken(0, "evidence was changed")
        yield digest, content


def is_hash(found: object) -> bool:
    return isinstance(found, bytes) and len(found) == len(GENESIS)


def stored(number: int, text: bytes, digest: bytes) -> Stored:
    """Raises JournalBroken for what cannot be read."""
    return Stored(number=number, entry=parsed(number, text)[1], hash=digest)


def parsed(number: int, text: bytes) -> tuple[int, Entry]:
    """Raises JournalBroken."""
    try:
        return parse(text)
    except (ValueError, TypeError) as error:
        raise JournalBroken(number, "the entry cannot be read") from error
