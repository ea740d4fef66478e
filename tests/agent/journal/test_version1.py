"""A journal that version 1 of the tables wrote, with evidence inside its entries, goes on.

`version1` was written by the program as it was then.
"""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.journal import Exhibit, Journal, JournalBroken
from agent.journal.deletion import delete
from agent.journal.selection import Selection
from tests.support.journal import entry, tamper


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parent / "version1", tmp_path / "journal"))


def rows(directory: Path) -> list[tuple[int, bytes, bytes]]:
    with closing(sqlite3.connect(directory / "journal.sqlite")) as database:
        return database.execute("SELECT number, entry, hash FROM entries").fetchall()


def test_its_entries_are_listed_verified_and_not_touched(old: Path) -> None:
    before = rows(old)
    with closing(Journal(old)) as journal:
        assert journal.verify() == 3
        newest = journal.latest(limit=9)[0].entry
        assert journal.append(entry()).number == 4
        assert journal.verify() == 4

    assert [stored[0] for stored in before] == [1, 2, 3]
    assert rows(old)[:3] == before
    assert newest.name == "05-SD.xml"
    assert newest.certificate == Exhibit.of(b"\x30\x00")
    assert [one.der for one in newest.evidence] == [b"chain", b"ocsp"]
    assert newest.evidence_hashes == ("cd" * 32,)


def test_a_change_in_it_is_still_found(old: Path) -> None:
    change = "UPDATE entries SET entry = replace(entry, 'user_refused', 'signed') WHERE number = ?"
    tamper(old, change, values=(2,))

    with closing(Journal(old)) as journal, pytest.raises(JournalBroken) as broken:
        journal.verify()
    assert broken.value.number == 2


def test_its_last_entries_cut_off_are_still_found(old: Path) -> None:
    tamper(old, "DELETE FROM entries WHERE number = 3")

    with closing(Journal(old)) as journal, pytest.raises(JournalBroken) as broken:
        journal.verify()
    assert broken.value.number == 3


def test_its_entries_can_be_deleted(old: Path) -> None:
    with closing(Journal(old)) as journal:
        selection = Selection(numbers=(1, 2))
        done = delete(journal, selection, at=datetime.now(UTC), origin="native:kyso-agent")
        assert done is not None
        assert done.count == 2
        assert journal.verify() == 2

    assert "hoá đơn".encode() not in (old / "journal.sqlite").read_bytes()


def test_a_program_of_that_version_beside_ours_may_go_on_writing(old: Path) -> None:
    """An agent that runs while the program is renewed has its connection open."""
    with closing(sqlite3.connect(old / "journal.sqlite", isolation_level=None)) as running:
        running.execute("SELECT count(*) FROM entries").fetchone()
        with closing(Journal(old)) as journal:
            journal.append(entry())
            last = journal.latest(limit=1)[0]
            text = rows(old)[0][1].replace(b'"number":1', b'"number":5')
            domain = b"OpenKySo journal v1\n"
            digest = hashlib.sha256(domain + last.hash + text).digest()
            running.execute("INSERT INTO entries VALUES (?, ?, ?)", (5, text, digest))

            assert journal.verify() == 5
            assert journal.append(entry()).number == 6
            assert journal.verify() == 6
