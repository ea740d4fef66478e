"""The journal on disk: SQLite beside a head file.

    journal.sqlite   entries, evidence, tombstones (schema.py), with journal.sqlite-wal beside it
    journal.head     how many entries there are for certain, and the last one's hash (head.py)

What is promised, and when:

    append, append_many    on the disk when they return: survives a power failure
    jot                    in the file when it returns: survives that this process is killed;
                           on the disk within SETTLED_SECONDS, or when `settle` returns

So whoever lets a signature leave after `jot` may lose its entry only if the machine itself stops
within that time. Appending is one transaction in SQLite's write-ahead log without a sync (some
tens of µs), settling one sync of that log and one of the head file, which all entries written
meanwhile share. The running agent and `kyso-agent sign` may write at the same time.

The chain shows any change or removal inside; the head file shows entries cut off at the end, up to
the last that had settled. Someone who can write the user's files can rebuild both together; no
local record prevents that. A head file that does not fit is never written over, so that the next
signature does not cover up what happened.

    journal = Journal(directory)
    journal.append(entry)
    journal.verify()           # raises JournalBroken and says where
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from agent.journal.broken import JournalBroken
from agent.journal.chain import Examined, examine, stored
from agent.journal.entries import GENESIS, Entry, Stored, canonical, link
from agent.journal.evidence import Exhibit
from agent.journal.head import Head
from agent.journal.opening import connected, readable
from agent.journal.schema import prepare
from agent.journal.settling import Settler
from agent.journal.snapshot import Snapshot, exhibit, hash_of

_log: Final = logging.getLogger(__name__)


class Journal:
    """Safe to use from several threads; every method blocks on the disk."""

    def __init__(self, directory: Path) -> None:
        """Raises JournalBroken if the file is none, sqlite3.OperationalError, OSError."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = (directory / "journal.sqlite").resolve()
        self._head = Head(directory / "journal.head")
        self._head_number = 0  # up to where this object wrote it
        # Created private before SQLite opens it, which would use the umask; its log takes after it.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()  # of the connection
        self._settler = Settler(self._sync)
        #: Evidence known to be in the file, for as long as no other program writes to it.
        self._kept: set[str] = set()
        self._kept_as_of = -1
        self._database = connected(self._path)
        try:
            with readable():
                self._open()
        except BaseException:
            self._database.close()
            raise

    def append(self, entry: Entry) -> Stored:
        """Write one entry; it is on the disk when this returns."""
        return self.append_many((entry,))[0]

    def append_many(self, entries: Sequence[Entry]) -> tuple[Stored, ...]:
        """Write all of them or none; they are on the disk when this returns."""
        with self.changing() as database:
            written = self.write_in(database, entries)
        if written:
            self._settler.now(written[-1].number)
        return written

    def jot(self, entry: Entry) -> Stored:
        """Write one entry; it is in the file when this returns, and soon on the disk."""
        with self.changing() as database:
            (written,) = self.write_in(database, (entry,))
        self._settler.soon(written.number)
        return written

    def settle(self) -> None:
        """All that was written before is on the disk when this returns."""
        with self._lock:
            number, _ = self._last()
        self._settler.now(number)

    def latest(self, *, limit: int, before: int | None = None) -> tuple[Stored, ...]:
        """The newest entries first, at most `limit`, with numbers below `before`.

        Raises JournalBroken for one that cannot be read.
        """
        with readable(), self._lock:
            rows = self._database.execute(
                "SELECT number, entry, hash FROM entries WHERE number < ?"
                " ORDER BY number DESC LIMIT ?",
                (before if before is not None else 2**62, limit),
            ).fetchall()
        return tuple(stored(*row) for row in rows)

    def evidence(self, sha256: str) -> bytes | None:
        """What has this hash (hex), if an entry relies on it."""
        with self._lock:
            return exhibit(self._database, sha256)

    def verify(self) -> int:
        """Check everything; the number of entries that are there. Raises JournalBroken."""
        return self.examined().entries

    def examined(self) -> Examined:
        """Check everything: links, deletions, evidence, the end. Raises JournalBroken."""
        # In this order: the head file only goes forward, and what it counts is in the file.
        with readable(), self._lock:
            (known,) = self._database.execute("SELECT max(number) FROM head").fetchone()
        head = self._head.read()
        if not isinstance(known, int) or head[0] < known:
            raise JournalBroken(head[0] + 1, "the head file was set back")
        with readable(), self.snapshot() as snapshot:
            return examine(snapshot, head=head)

    def close(self) -> None:
        self._settler.close()
        with self._lock:
            self._database.close()

    # --- for this package ----------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """What is there now, by a connection of its own: nobody is kept from writing."""
        uri = f"{self._path.as_uri()}?mode=ro"
        with closing(connected(uri, uri=True)) as database:
            database.execute("BEGIN")
            yield Snapshot(database)

    @contextmanager
    def changing(self, *, strict: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, alone; `strict`: all in the file is on the disk when it ends."""
        with self._lock:
            if strict:
                self._database.execute(f"PRAGMA synchronous = {self._strict}")
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                self._kept.clear()
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            finally:
                if strict:
                    self._database.execute(f"PRAGMA synchronous = {self._relaxed}")

    def write_in(
        self, database: sqlite3.Connection, entries: Iterable[Entry]
    ) -> tuple[Stored, ...]:
        """Entries and their evidence, in a transaction of `changing`."""
        (as_of,) = database.execute("PRAGMA data_version").fetchone()
        if as_of != self._kept_as_of:
            self._kept.clear()
            self._kept_as_of = as_of
        number, previous = self._last()
        written: list[Stored] = []
        for entry in entries:
            for one in entry.exhibits:
                if one.sha256 not in self._kept:
                    _keep(database, one)
                    self._kept.add(one.sha256)
            number += 1
            text = canonical(number, entry)
            previous = link(previous, text)
            database.execute("INSERT INTO entries VALUES (?, ?, ?)", (number, text, previous))
            written.append(Stored(number=number, entry=entry, hash=previous))
        return tuple(written)

    def forget_kept(self) -> None:
        """Evidence was removed, in a transaction of `changing`."""
        self._kept.clear()

    def purge(self) -> bool:
        """Nothing that was deleted is in the file or its log any more.

        False if another program was reading all the time, so that the log still has it.
        """
        with self._lock:
            try:
                self._database.execute("VACUUM")
            except sqlite3.OperationalError as error:
                # There is no room for a second file. What was deleted is zeros in this one.
                _log.warning("the journal's file stays as large as it is: %s", error)
            row = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not row[0]

    def _open(self) -> None:
        # Where there can be no log (some network drives), every transaction is synced.
        (mode,) = self._database.execute("PRAGMA journal_mode = WAL").fetchone()
        self._relaxed, self._strict = ("NORMAL", "FULL") if mode == b"wal" else ("EXTRA", "EXTRA")
        # What is deleted is written over with zeros.
        self._database.execute("PRAGMA secure_delete = ON")
        self._database.execute(f"PRAGMA synchronous = {self._relaxed}")
        with self.changing(strict=True) as database:
            prepare(database)

    def _sync(self) -> int:
        with self.changing(strict=True) as database:
            # A transaction that changes nothing would not be synced; so it counts.
            database.execute(
                "UPDATE head SET number = max(number, ?), settled = settled + 1",
                (self._head_number,),
            )
            number, digest = self._last()
        try:
            self._head.advance(number, digest, fits=self._has)
            self._head_number = number
        except JournalBroken as broken:
            # Signing goes on; `kyso-agent journal verify` says it to the user.
            _log.error("the journal was altered: %s", broken)
        return number

    def _has(self, number: int, digest: bytes) -> bool:
        with self._lock:
            return hash_of(self._database, number) == digest

    def _last(self) -> tuple[int, bytes]:
        row = self._database.execute(
            "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)


def _keep(database: sqlite3.Connection, one: Exhibit) -> None:
    digest = bytes.fromhex(one.sha256)
    if database.execute("SELECT 1 FROM evidence WHERE sha256 = ?", (digest,)).fetchone():
        return
    if one.der is None:
        raise ValueError(f"{one.sha256} is named as evidence, and nobody has it")
    database.execute("INSERT INTO evidence (sha256, content) VALUES (?, ?)", (digest, one.der))
