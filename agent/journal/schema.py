"""The journal's tables, what guards them, and how one of version 1 becomes one of version 2.

    entries      number, canonical entry, hash
    evidence     certificates, OCSP responses, CRLs and time stamps, each once, by SHA-256
    tombstones   number and hash of an entry that was deleted, and by which entry
    head         up to where the head file is known to be, for one that is set back

Triggers refuse every UPDATE, and every DELETE but that of an entry which has its tombstone: it is
deleted by command (deletion.py), and an entry says so. They keep this program from a mistake, and
nobody else: verification does not rely on them.
"""

import sqlite3
from typing import Final

#: Of the tables, not of the entries, which say their own.
VERSION: Final = 2

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS entries (
        number INTEGER PRIMARY KEY,
        entry  BLOB NOT NULL,
        hash   BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS evidence (
        id      INTEGER PRIMARY KEY,
        sha256  BLOB NOT NULL UNIQUE,
        content BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS tombstones (
        number     INTEGER PRIMARY KEY,
        hash       BLOB NOT NULL,
        deleted_by INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS head (
        one     INTEGER PRIMARY KEY CHECK (one = 1),
        number  INTEGER NOT NULL,
        settled INTEGER NOT NULL
    )""",
    "INSERT OR IGNORE INTO head VALUES (1, 0, 0)",
)

# ruff: noqa: S608 - the statements are put together of words of this file alone
_NEVER: Final = "SELECT RAISE(ABORT, 'the journal is append-only')"
EVIDENCE_GUARD: Final = "evidence_is_never_removed"
MAKE_EVIDENCE_GUARD: Final = (
    f"CREATE TRIGGER IF NOT EXISTS {EVIDENCE_GUARD} BEFORE DELETE ON evidence BEGIN {_NEVER}; END"
)
_GUARDS: Final = (
    # Version 1 had a trigger that would refuse deletion by command too.
    "DROP TRIGGER IF EXISTS entries_are_never_removed",
    f"""CREATE TRIGGER IF NOT EXISTS entries_are_never_changed
        BEFORE UPDATE ON entries BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS entries_leave_tombstones
        BEFORE DELETE ON entries
        WHEN NOT EXISTS (
            SELECT 1 FROM tombstones WHERE number = OLD.number AND hash = OLD.hash
        ) BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS tombstones_are_of_entries
        BEFORE INSERT ON tombstones
        WHEN NOT EXISTS (
            SELECT 1 FROM entries AS dead, entries AS by
            WHERE dead.number = NEW.number AND dead.hash = NEW.hash
                AND by.number = NEW.deleted_by AND by.number > dead.number
        ) BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS tombstones_are_never_changed
        BEFORE UPDATE ON tombstones BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS tombstones_are_never_removed
        BEFORE DELETE ON tombstones BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS evidence_is_never_changed
        BEFORE UPDATE ON evidence BEGIN {_NEVER}; END""",
    MAKE_EVIDENCE_GUARD,
    f"""CREATE TRIGGER IF NOT EXISTS head_never_goes_back
        BEFORE UPDATE ON head WHEN NEW.number < OLD.number BEGIN {_NEVER}; END""",
    f"""CREATE TRIGGER IF NOT EXISTS head_is_never_removed
        BEFORE DELETE ON head BEGIN {_NEVER}; END""",
)


class TooNew(sqlite3.DatabaseError):
    """The file was written by a later version of the program."""


def prepare(database: sqlite3.Connection) -> None:
    """Make what is missing; inside a transaction. Entries are not touched.

    Raises TooNew, sqlite3.DatabaseError.
    """
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise TooNew
    for statement in (*_TABLES, *_GUARDS):
        database.execute(statement)
    if found < VERSION:
        database.execute(f"PRAGMA user_version = {VERSION}")
