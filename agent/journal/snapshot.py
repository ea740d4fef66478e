"""The journal as it is at one moment, for those who read all of it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from agent.journal.entries import GENESIS


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the chain: an entry, or the tombstone of one. As read, and not yet believed."""

    number: int
    text: bytes | None  # canonical; None for a tombstone
    hash: bytes
    deleted_by: int | None


class Snapshot:
    def __init__(self, database: sqlite3.Connection) -> None:
        """In a transaction that lasts as long as this is used."""
        self._database = database

    def links(self) -> Iterator[Link]:
        """Entries and tombstones, by number."""
        rows = self._database.execute(
            "SELECT number, entry, hash, NULL FROM entries"
            " UNION ALL SELECT number, NULL, hash, deleted_by FROM tombstones"
            " ORDER BY 1"
        )
        return (Link(*row) for row in rows)

    def hash_of(self, number: int) -> bytes | None:
        return hash_of(self._database, number)

    def evidence(self) -> Iterator[tuple[bytes, bytes]]:
        """Hash and content of each piece."""
        return iter(self._database.execute("SELECT sha256, content FROM evidence ORDER BY id"))

    def exhibit(self, sha256: str) -> bytes | None:
        return exhibit(self._database, sha256)


def hash_of(database: sqlite3.Connection, number: int) -> bytes | None:
    """Of entry `number`, also if it was deleted."""
    if number == 0:
        return GENESIS
    for table in ("entries", "tombstones"):
        row = database.execute(
            f"SELECT hash FROM {table} WHERE number = ?",  # noqa: S608 - one of two words
            (number,),
        ).fetchone()
        if row is not None:
            return row[0] if isinstance(row[0], bytes) else None
    return None


def exhibit(database: sqlite3.Connection, sha256: str) -> bytes | None:
    """What has this hash (hex), if an entry relies on it."""
    row = database.execute(
        "SELECT content FROM evidence WHERE sha256 = ?", (bytes.fromhex(sha256),)
    ).fetchone()
    return None if row is None else row[0]
