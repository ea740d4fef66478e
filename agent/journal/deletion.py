"""Deleting entries by command, as TT 15/2025/TT-BKHCN Điều 5.4 lets the signer do.

In one transaction: an entry is written that says which are deleted and hashes their hashes; of
each of them a tombstone stays, its number and hash; evidence that no entry needs any more goes with
them. Then the file is written anew, so that nothing of them is in it. (What a disk keeps of freed
blocks, and what is in copies of the file, is beyond a program's reach.)

Entries that say what was deleted are never deleted. A journal that was altered is not deleted from:
that would cover it up.

    found = chosen(journal, Selection(before=…))       # to ask the user
    done = delete(journal, Selection(before=…), at=now, origin="native:kyso-agent")
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.journal.chain import add, parsed, stored
from agent.journal.entries import DELETE, Deletion, Entry, Span, Stored
from agent.journal.schema import EVIDENCE_GUARD, MAKE_EVIDENCE_GUARD
from agent.journal.selection import Selection
from agent.journal.store import Journal

#: In the entry's name, which lists show; the entry itself has all.
_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    by: Stored  # the entry that says so
    count: int
    evidence: int  # pieces of evidence that went with them
    #: False: another program was reading, so that the file's log still holds what was deleted. It
    #: goes when the last program that has the journal open ends.
    purged: bool


def chosen(journal: Journal, selection: Selection) -> tuple[Span, ...]:
    """The numbers of those that `delete` would delete. Raises JournalBroken."""
    with journal.snapshot() as snapshot:
        spans: list[Span] = []
        for place in snapshot.links():
            if place.text is not None:
                one = stored(place.number, place.text, place.hash)
                if _goes(one, selection):
                    add(spans, one.number)
    return tuple(spans)


def delete(journal: Journal, selection: Selection, *, at: datetime, origin: str) -> Deleted | None:
    """None if there is nothing to delete. Raises JournalBroken, sqlite3.OperationalError."""
    journal.examined()
    with journal.changing() as database:
        going = [(one.number, one.hash) for one in _entries(database) if _goes(one, selection)]
        if not going:
            return None
        (by,) = journal.write_in(database, (_entry_about(going, at=at, origin=origin),))
        database.executemany(
            "INSERT INTO tombstones VALUES (?, ?, ?)",
            ((number, digest, by.number) for number, digest in going),
        )
        database.executemany("DELETE FROM entries WHERE number = ?", ((n,) for n, _ in going))
        evidence = _without_need(database)
        journal.forget_kept()
    journal.settle()
    return Deleted(by=by, count=len(going), evidence=evidence, purged=journal.purge())


def _goes(one: Stored, selection: Selection) -> bool:
    return one.entry.action != DELETE and selection.has(one.number, one.entry.at)


def _entries(database: sqlite3.Connection) -> Iterator[Stored]:
    rows = database.execute("SELECT number, entry, hash FROM entries ORDER BY number")
    return (stored(*row) for row in rows)


def _entry_about(going: Iterable[tuple[int, bytes]], *, at: datetime, origin: str) -> Entry:
    spans: list[Span] = []
    hashes = hashlib.sha256()
    for number, digest in going:
        add(spans, number)
        hashes.update(digest)
    told = [written(span) for span in spans[:_MOST_TOLD]]
    return Entry(
        at=at,
        origin=origin,
        action=DELETE,
        name=", ".join(told if len(told) == len(spans) else [*told, "…"]),
        sha256=hashes.hexdigest(),
        outcome="deleted",
        deletion=Deletion(spans=tuple(spans), sha256=hashes.hexdigest()),
    )


def written(span: Span) -> str:
    first, last = span
    return f"{first}" if first == last else f"{first}-{last}"


def _without_need(database: sqlite3.Connection) -> int:
    """Remove evidence that no entry names; how many pieces that was."""
    needed = {
        bytes.fromhex(exhibit.sha256)
        for number, text in database.execute("SELECT number, entry FROM entries")
        for exhibit in parsed(number, text)[1].exhibits
    }
    there = database.execute("SELECT id, sha256 FROM evidence").fetchall()
    gone = [(key,) for key, digest in there if digest not in needed]
    if gone:
        # The guard is back when the transaction ends, however that is.
        database.execute(f"DROP TRIGGER {EVIDENCE_GUARD}")
        database.executemany("DELETE FROM evidence WHERE id = ?", gone)
        database.execute(MAKE_EVIDENCE_GUARD)
    return len(gone)
