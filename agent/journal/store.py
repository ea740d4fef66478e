"""The journal on disk: SQLite beside a head file, both synced before a reply may leave.

    journal.sqlite   number, canonical entry, hash; triggers refuse UPDATE and DELETE
    journal.head     how many entries there are and the last one's hash

The chain shows any change or removal inside; the head file shows entries cut off at the end.
Someone who can write the user's files can rebuild both together; no local record prevents that.
A power failure between the two writes leaves the head one entry behind, which is accepted and
mended by the next entry.

    journal = Journal(directory)
    journal.append(entry)      # returns when it is on the disk
    journal.verify()           # raises JournalBroken and says where
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.journal.entries import GENESIS, Entry, Stored, canonical, link, parse

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    entry  BLOB NOT NULL,
    hash   BLOB NOT NULL
);
CREATE TRIGGER IF NOT EXISTS entries_are_never_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_are_never_removed BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""


class JournalBroken(Exception):  # noqa: N818 - a statement about the journal
    """The journal was altered. `number` is the first entry that does not fit."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"entry {number}: {why}")
        self.number = number
        self.why = why


class Journal:
    """Safe to use from several threads; every method blocks on the disk."""

    def __init__(self, directory: Path) -> None:
        """Raises JournalBroken if the file is none, sqlite3.OperationalError, OSError."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._head_file = directory / "journal.head"
        path = directory / "journal.sqlite"
        # Created private before SQLite opens it, which would use the umask.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        # No isolation level: transactions begin and end where `_alone` says.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._database.execute("PRAGMA journal_mode = DELETE")
            self._database.execute("PRAGMA synchronous = EXTRA")  # the directory entry too
            self._database.executescript(_SCHEMA)
        except sqlite3.OperationalError:
            self._database.close()
            raise  # locked, or the disk is full: nothing is wrong with the journal itself
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise JournalBroken(0, "the file is no journal any more") from error

    def append(self, entry: Entry) -> Stored:
        """Write one entry; it is on the disk when this returns."""
        with self._lock:
            with self._alone():
                number, previous = self._last()
                number += 1
                text = canonical(number, entry)
                digest = link(previous, text)
                row = (number, text, digest)
                self._database.execute("INSERT INTO entries VALUES (?, ?, ?)", row)
            with self._alone():  # another process may have written meanwhile
                self._write_head(*self._last())
        return Stored(number=number, entry=entry, hash=digest)

    def latest(self, *, limit: int, before: int | None = None) -> tuple[Stored, ...]:
        """The newest entries first, at most `limit`, with numbers below `before`.

        Raises JournalBroken for one that cannot be read.
        """
        with self._lock:
            rows = self._database.execute(
                "SELECT number, entry, hash FROM entries WHERE number < ?"
                " ORDER BY number DESC LIMIT ?",
                (before if before is not None else 2**62, limit),
            ).fetchall()
        return tuple(_stored(*row) for row in rows)

    def verify(self) -> int:
        """Check every entry; the number of entries. Raises JournalBroken."""
        with self._lock:
            number, previous = 0, GENESIS
            hashes_at_head = {0: GENESIS}
            head_number, head_hash = self._read_head()
            for number, (stored_number, text, digest) in enumerate(self._rows(), start=1):
                _check(number, stored_number, text, digest, previous)
                previous = digest
                if number == head_number:
                    hashes_at_head[number] = digest
            if head_number > number:
                raise JournalBroken(number + 1, "entries at the end were removed")
            if number - head_number > 1:
                raise JournalBroken(head_number + 1, "the head file was set back")
            if hashes_at_head[head_number] != head_hash:
                raise JournalBroken(head_number, "the chain was rebuilt")
            return number

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One transaction: the running agent and `kyso-agent sign` may write at the same time."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _rows(self) -> Iterator[tuple[int, bytes, bytes]]:
        return iter(
            self._database.execute("SELECT number, entry, hash FROM entries ORDER BY number")
        )

    def _last(self) -> tuple[int, bytes]:
        row = self._database.execute(
            "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def _read_head(self) -> tuple[int, bytes]:
        try:
            number, _, digest = self._head_file.read_text("ascii").strip().partition(" ")
            return int(number), bytes.fromhex(digest)
        except FileNotFoundError:
            return 0, GENESIS
        except ValueError as error:
            raise JournalBroken(0, "the head file is damaged") from error

    def _write_head(self, number: int, digest: bytes) -> None:
        fresh = self._head_file.with_suffix(".head.new")
        descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, f"{number} {digest.hex()}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(self._head_file)


def _check(number: int, stored_number: int, text: object, digest: object, previous: bytes) -> None:
    if not isinstance(text, bytes) or not isinstance(digest, bytes):
        raise JournalBroken(number, "the entry or the one before it was changed")
    if stored_number != number:
        raise JournalBroken(number, "an entry is missing")
    if link(previous, text) != digest:
        raise JournalBroken(number, "the entry or the one before it was changed")
    inner_number, _ = _parsed(number, text)
    if inner_number != number:
        raise JournalBroken(number, "the entry was moved")


def _stored(number: int, text: bytes, digest: bytes) -> Stored:
    return Stored(number=number, entry=_parsed(number, text)[1], hash=digest)


def _parsed(number: int, text: bytes) -> tuple[int, Entry]:
    try:
        return parse(text)
    except (ValueError, KeyError, TypeError) as error:
        raise JournalBroken(number, "the entry cannot be read") from error
