"""Entries go by command alone, leave their hashes, and nothing else of them is left."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent.journal import Exhibit, Journal, JournalBroken
from agent.journal.deletion import Deleted, chosen, delete
from agent.journal.selection import EVERYTHING, Selection
from tests.support.journal import AT, at, entry, filled, tamper

DAY = timedelta(days=1)
LATER = AT + 400 * DAY
ORIGIN = "native:kyso-agent"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path)) as opened:
        yield opened


def deleted(journal: Journal, selection: Selection = EVERYTHING) -> Deleted:
    done = delete(journal, selection, at=LATER, origin=ORIGIN)
    assert done is not None
    return done


def numbers(journal: Journal) -> list[int]:
    return [stored.number for stored in reversed(journal.latest(limit=99))]


class TestWhatGoes:
    def test_by_number(self, journal: Journal) -> None:
        journal.append_many([entry(f"{n}.xml") for n in range(1, 8)])
        selection = Selection(numbers=(3, 5))

        assert chosen(journal, selection) == ((3, 5),)
        done = deleted(journal, selection)

        assert (done.count, done.purged, done.by.number) == (3, True, 8)
        assert numbers(journal) == [1, 2, 6, 7, 8]
        assert journal.examined().deleted == ((3, 5),)

    def test_by_age_also_where_the_clock_went_back(self, journal: Journal) -> None:
        days = (0, 1, 9, 2, 9, 9)
        journal.append_many([at(AT + day * DAY) for day in days])

        deleted(journal, Selection(before=AT + 5 * DAY))

        assert numbers(journal) == [3, 5, 6, 7]
        assert journal.examined().deleted == ((1, 2), (4, 4))

    def test_the_deletion_is_an_entry_of_its_own(self, journal: Journal) -> None:
        journal.append_many([at(AT + (n % 2) * DAY) for n in range(14)])
        by = deleted(journal, Selection(before=AT + DAY)).by

        [newest] = journal.latest(limit=1)
        assert newest.number == by.number == 15
        assert (newest.entry.action, newest.entry.outcome) == ("delete", "deleted")
        assert (newest.entry.origin, newest.entry.at) == (ORIGIN, LATER)
        assert newest.entry.name == "1, 3, 5, 7, 9, …"
        assert newest.entry.deletion is not None
        assert len(newest.entry.deletion.spans) == 7

    def test_never_an_entry_that_says_what_was_deleted(self, journal: Journal) -> None:
        journal.append_many([entry(), entry()])
        deleted(journal)
        journal.append(entry())
        deleted(journal)

        assert numbers(journal) == [3, 5]
        assert delete(journal, EVERYTHING, at=LATER, origin=ORIGIN) is None
        assert numbers(journal) == [3, 5]
        assert journal.examined().deleted == ((1, 2), (4, 4))

    def test_nothing_from_a_journal_that_was_altered(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(tmp_path, "UPDATE entries SET entry = replace(entry, '2.xml', 'x.xml')")
        with closing(Journal(tmp_path)) as journal:
            with pytest.raises(JournalBroken):
                delete(journal, EVERYTHING, at=LATER, origin=ORIGIN)
            assert len(numbers(journal)) == 5


class TestWhatIsLeft:
    def test_evidence_that_another_entry_needs(self, journal: Journal) -> None:
        journal.append(at(AT, evidence=(b"chain", b"old answer")))
        journal.append(at(AT + DAY, evidence=(b"chain", b"new answer")))

        assert deleted(journal, Selection(before=AT + DAY)).evidence == 1

        assert journal.evidence(Exhibit.of(b"old answer").sha256) is None
        assert journal.evidence(Exhibit.of(b"new answer").sha256) == b"new answer"
        assert journal.evidence(Exhibit.of(b"chain").sha256) == b"chain"
        assert journal.verify() == 2

    def test_no_byte_of_an_entry_or_its_evidence(self, tmp_path: Path, journal: Journal) -> None:
        secret = b"REVOCATION-ANSWER" * 500
        journal.append_many([entry(f"TAI-LIEU-{n}.xml", evidence=(secret,)) for n in range(90)])
        assert any(b"TAI-LIEU-7" in path.read_bytes() for path in tmp_path.iterdir())

        deleted(journal)

        for path in tmp_path.iterdir():
            for trace in (b"TAI-LIEU", b"REVOCATION-ANSWER"):
                assert trace not in path.read_bytes(), path

    def test_the_guards(self, tmp_path: Path, journal: Journal) -> None:
        journal.append_many([entry(), entry(evidence=(b"other",))])
        deleted(journal, Selection(numbers=(2, 2)))

        with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
            for statement in (
                "DELETE FROM evidence",
                "DELETE FROM entries",
                "DELETE FROM tombstones",
                "UPDATE tombstones SET deleted_by = 4",
            ):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    database.execute(statement)

    def test_evidence_comes_back_with_the_next_entry_that_needs_it(self, tmp_path: Path) -> None:
        """Also in a program that knew it to be there, before another one deleted it."""
        with closing(Journal(tmp_path)) as agent, closing(Journal(tmp_path)) as command:
            agent.append(entry())
            deleted(command)
            agent.append(entry())
            deleted(agent)
            agent.append(entry())

            assert agent.verify() == 3

    def test_traces_in_the_log_while_another_program_reads_are_told(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal.append(entry())
        journal._database.execute("PRAGMA busy_timeout = 10")
        with journal.snapshot() as snapshot:
            assert next(snapshot.links()).number == 1
            assert not deleted(journal).purged

        assert journal.purge()


class TestWhatIsNoDeletionByCommand:
    @pytest.fixture
    def with_deletion(self, tmp_path: Path) -> Path:
        with closing(Journal(tmp_path)) as journal:
            journal.append_many([entry(f"{n}.xml") for n in range(6)])
            deleted(journal, Selection(numbers=(2, 4)))
            journal.append(entry())
            assert journal.verify() == 5
        return tmp_path

    @pytest.mark.parametrize(
        ("statements", "number"),
        [
            # Another one is taken away in the same manner, but no entry says so.
            (
                (
                    "INSERT INTO tombstones SELECT number, hash, 7 FROM entries WHERE number = 5",
                    "DELETE FROM entries WHERE number = 5",
                ),
                7,
            ),
            (
                (
                    "INSERT INTO tombstones SELECT number, hash, 8 FROM entries WHERE number = 5",
                    "DELETE FROM entries WHERE number = 5",
                ),
                8,
            ),
            (
                (
                    "INSERT INTO tombstones SELECT number, hash, 9 FROM entries WHERE number = 5",
                    "DELETE FROM entries WHERE number = 5",
                ),
                5,
            ),
            (("UPDATE tombstones SET hash = zeroblob(32) WHERE number = 3",), 7),
            (("UPDATE tombstones SET hash = zeroblob(32) WHERE number = 4",), 5),
            (("UPDATE tombstones SET hash = 5 WHERE number = 3",), 3),
            (("UPDATE tombstones SET deleted_by = 1 WHERE number = 3",), 3),
            (("DELETE FROM tombstones WHERE number = 3",), 3),
            (("DELETE FROM tombstones",), 2),
            (("DELETE FROM entries WHERE number = 7",), 7),
        ],
    )
    def test_is_found(self, with_deletion: Path, statements: tuple[str, ...], number: int) -> None:
        tamper(with_deletion, *statements)

        with closing(Journal(with_deletion)) as journal, pytest.raises(JournalBroken) as broken:
            journal.verify()
        assert broken.value.number == number
