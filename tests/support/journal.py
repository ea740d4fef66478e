"""Entries for tests, and a hand that writes into the journal's file behind its back."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from agent.journal import Entry, Exhibit, Journal, Kind

AT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
CERTIFICATE = replace(Exhibit.of(b"certificate"), kind=Kind.CERTIFICATE)


def entry(name: str = "05-SD.xml", *, evidence: tuple[bytes, ...] = (b"chain",)) -> Entry:
    return Entry(
        at=AT,
        origin="https://their.app",
        action="sign",
        name=name,
        sha256="ab" * 32,
        size=1234,
        profile="bhxh-hoso",
        mechanism="rsa-pkcs1-sha256",
        level="B-B",
        signed_at=AT,
        certificate=CERTIFICATE,
        holder="CÔNG TY A",
        serial="5401",
        state="valid",
        outcome="signed",
        evidence=tuple(map(Exhibit.of, evidence)),
    )


def at(moment: datetime, name: str = "05-SD.xml", *, evidence: tuple[bytes, ...] = ()) -> Entry:
    return replace(entry(name, evidence=evidence), at=moment)


def filled(directory: Path, count: int = 5) -> None:
    with closing(Journal(directory)) as journal:
        for number in range(count):
            journal.append(entry(f"{number}.xml"))


def tamper(directory: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    """As somebody who can write the user's files: the triggers are no obstacle to them."""
    with closing(sqlite3.connect(directory / "journal.sqlite")) as database:
        triggers = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (trigger,) in triggers.fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            database.execute(statement, values)
        database.commit()
