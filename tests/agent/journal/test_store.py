"""The journal on disk: append-only, durable, and no alteration goes unnoticed."""

import json
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.journal import Exhibit, Journal, JournalBroken, Kind
from agent.journal.schema import VERSION
from tests.support.journal import entry, filled, tamper


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path)) as opened:
        yield opened


def broken_at(directory: Path) -> int:
    with closing(Journal(directory)) as journal, pytest.raises(JournalBroken) as broken:
        journal.verify()
    return broken.value.number


class TestAppending:
    def test_numbers_count_up_and_the_newest_come_first(self, journal: Journal) -> None:
        numbers = [journal.append(entry(f"{n}.xml")).number for n in range(5)]

        assert numbers == [1, 2, 3, 4, 5]
        assert [s.entry.name for s in journal.latest(limit=2)] == ["4.xml", "3.xml"]
        assert [s.number for s in journal.latest(limit=2, before=3)] == [2, 1]
        assert journal.verify() == 5

    def test_an_empty_journal_is_in_order(self, journal: Journal) -> None:
        assert journal.verify() == 0
        assert journal.latest(limit=5) == ()

    def test_it_goes_on_after_a_restart(self, tmp_path: Path) -> None:
        filled(tmp_path, 2)
        with closing(Journal(tmp_path)) as journal:
            assert journal.append(entry()).number == 3
            assert journal.verify() == 3

    def test_threads_may_append_at_the_same_time(self, journal: Journal) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: journal.append(entry(f"{n}.xml")), range(40)))

        assert journal.verify() == 40
        assert len({s.entry.name for s in journal.latest(limit=50)}) == 40

    def test_so_may_two_programs(self, tmp_path: Path) -> None:
        """The running agent, and `kyso-agent sign` beside it."""
        with closing(Journal(tmp_path)) as one, closing(Journal(tmp_path)) as other:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda j: [j.append(entry()) for _ in range(30)], (one, other)))

            assert one.verify() == other.verify() == 60

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM entries",
            "UPDATE entries SET entry = ''",
            "DELETE FROM evidence",
            "UPDATE evidence SET content = ''",
            "INSERT INTO tombstones SELECT number, zeroblob(32), 5 FROM entries WHERE number = 1",
            "INSERT INTO tombstones SELECT number, hash, 9 FROM entries WHERE number = 1",
            "INSERT INTO tombstones SELECT number, hash, 5 FROM entries WHERE number = 5",
            "UPDATE head SET number = number - 1",
            "DELETE FROM head",
        ],
    )
    def test_sqlite_itself_refuses_to_change_or_remove(
        self, tmp_path: Path, statement: str
    ) -> None:
        filled(tmp_path)
        with (
            closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            database.execute(statement)

    def test_all_or_none_of_many(self, journal: Journal) -> None:
        nobody_has_it = Exhibit(kind=Kind.CRL, sha256="ef" * 32)
        broken = replace(entry("2.xml"), evidence=(nobody_has_it,))

        assert [s.number for s in journal.append_many([entry("1.xml"), entry("2.xml")])] == [1, 2]
        with pytest.raises(ValueError, match="nobody has it"):
            journal.append_many([entry("3.xml", evidence=(b"new",)), broken])
        assert journal.append_many([]) == ()
        assert journal.evidence(Exhibit.of(b"new").sha256) is None
        # What was taken back with it is not thought to be there.
        journal.append(entry("3.xml", evidence=(b"new",)))
        assert journal.verify() == 3

    def test_evidence_is_kept_once_and_whole(self, tmp_path: Path, journal: Journal) -> None:
        crl = secrets.token_bytes(2_000_000)
        for n in range(50):
            journal.jot(entry(f"{n}.xml", evidence=(b"chain", crl)))
        journal.settle()

        [stored] = journal.latest(limit=1)
        assert [journal.evidence(one.sha256) for one in stored.entry.evidence] == [b"chain", crl]
        assert journal.verify() == 50
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * 2_000_000 + 500_000

    def test_two_programs_keep_the_same_evidence_once(self, tmp_path: Path) -> None:
        with closing(Journal(tmp_path)) as one, closing(Journal(tmp_path)) as other:
            for journal in (one, other, one, other):
                journal.jot(entry())

            with one.snapshot() as snapshot:
                assert len(list(snapshot.evidence())) == 2
            assert other.verify() == 4

    def test_a_file_of_a_later_version_is_left_alone(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(tmp_path, f"PRAGMA user_version = {VERSION + 1}")

        with pytest.raises(JournalBroken, match="later version"):
            Journal(tmp_path)

    def test_only_the_user_can_read_it(self, tmp_path: Path) -> None:
        filled(tmp_path / "journal")

        for path in (tmp_path / "journal").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


class TestAlterationsAreFound:
    def test_a_changed_entry(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(
            tmp_path,
            "UPDATE entries SET entry = replace(entry, '2.xml', 'x.xml') WHERE number = 3",
        )

        assert broken_at(tmp_path) == 3

    def test_a_changed_entry_with_its_hash_made_anew(self, tmp_path: Path) -> None:
        filled(tmp_path)
        rechain(tmp_path, start=3, stop=3)

        assert broken_at(tmp_path) == 4

    def test_a_whole_chain_made_anew(self, tmp_path: Path) -> None:
        filled(tmp_path)
        rechain(tmp_path, start=3, stop=5)

        assert broken_at(tmp_path) == 5

    def test_an_entry_removed_from_the_middle(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(tmp_path, "DELETE FROM entries WHERE number = 2")

        assert broken_at(tmp_path) == 2

    def test_an_entry_removed_and_the_rest_moved_up(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(
            tmp_path,
            "DELETE FROM entries WHERE number = 2",
            "UPDATE entries SET number = number - 1 WHERE number > 2",
        )

        assert broken_at(tmp_path) == 2

    def test_two_entries_exchanged(self, tmp_path: Path) -> None:
        filled(tmp_path)
        tamper(
            tmp_path,
            "UPDATE entries SET number = 99 WHERE number = 2",
            "UPDATE entries SET number = 2 WHERE number = 3",
            "UPDATE entries SET number = 3 WHERE number = 99",
        )

        assert broken_at(tmp_path) == 2

    @pytest.mark.parametrize("kept", [0, 1, 4])
    def test_entries_cut_off_at_the_end(self, tmp_path: Path, kept: int) -> None:
        filled(tmp_path)
        tamper(tmp_path, f"DELETE FROM entries WHERE number > {kept}")

        assert broken_at(tmp_path) == kept + 1

    def test_a_database_exchanged_for_an_empty_one(self, tmp_path: Path) -> None:
        filled(tmp_path)
        (tmp_path / "journal.sqlite").unlink()

        assert broken_at(tmp_path) == 1

    @pytest.mark.parametrize("content", ["", "5", "five " + "00" * 32, "5 xyz"])
    def test_a_damaged_head_file(self, tmp_path: Path, content: str) -> None:
        filled(tmp_path)
        (tmp_path / "journal.head").write_text(content)

        broken_at(tmp_path)

    def test_a_head_file_set_back(self, tmp_path: Path) -> None:
        filled(tmp_path, 2)
        old = (tmp_path / "journal.head").read_bytes()
        filled(tmp_path, 3)
        (tmp_path / "journal.head").write_bytes(old)

        assert broken_at(tmp_path) == 3


class TestTheNextSignature:
    """Signing goes on with a journal that was altered, and covers nothing up."""

    def test_does_not_count_over_entries_that_were_cut_off(self, tmp_path: Path) -> None:
        filled(tmp_path, 5)
        tamper(tmp_path, "DELETE FROM entries WHERE number > 3")
        filled(tmp_path, 4)

        assert broken_at(tmp_path) == 5

    def test_does_not_mend_a_damaged_head_file(self, tmp_path: Path) -> None:
        filled(tmp_path, 2)
        (tmp_path / "journal.head").write_text("five")
        filled(tmp_path, 1)

        assert (tmp_path / "journal.head").read_text() == "five"
        broken_at(tmp_path)


class TestEvidence:
    @pytest.mark.parametrize(
        ("statement", "number"),
        [
            ("UPDATE evidence SET content = X'00' WHERE id = 2", 1),
            ("UPDATE evidence SET sha256 = zeroblob(32) WHERE id = 2", 0),
            ("UPDATE evidence SET content = 5 WHERE id = 2", 0),
            ("DELETE FROM evidence WHERE id = 2", 1),
        ],
    )
    def test_that_was_changed_or_removed_is_found(
        self, tmp_path: Path, statement: str, number: int
    ) -> None:
        filled(tmp_path)
        tamper(tmp_path, statement)

        assert broken_at(tmp_path) == number


class TestAPowerFailure:
    def test_between_the_entry_and_the_head_file_is_no_alteration(self, tmp_path: Path) -> None:
        filled(tmp_path, 2)
        old = (tmp_path / "journal.head").read_bytes()
        with closing(Journal(tmp_path)) as journal:
            journal.append(entry())
            (tmp_path / "journal.head").write_bytes(old)  # as if this write had not happened
            assert journal.verify() == 3
            journal.append(entry())
            assert journal.verify() == 4

    def test_before_many_had_settled_is_none_either(self, tmp_path: Path) -> None:
        filled(tmp_path, 2)
        old = (tmp_path / "journal.head").read_bytes()
        with closing(Journal(tmp_path)) as journal:
            for n in range(20):
                journal.jot(entry(f"{n}.xml"))
            journal.settle()
            (tmp_path / "journal.head").write_bytes(old)
            assert journal.verify() == 22

    def test_before_the_first_head_file_is_none_either(self, tmp_path: Path) -> None:
        filled(tmp_path, 1)
        (tmp_path / "journal.head").unlink()

        with closing(Journal(tmp_path)) as journal:
            assert journal.verify() == 1


def rechain(directory: Path, *, start: int, stop: int) -> None:
    """Rename the document of entry `start`, and make the hashes of `start` to `stop` anew."""
    from agent.journal.entries import GENESIS, link

    with closing(sqlite3.connect(directory / "journal.sqlite")) as database:
        database.execute("DROP TRIGGER entries_are_never_changed")
        rows = database.execute("SELECT number, entry FROM entries ORDER BY number").fetchall()
        previous = GENESIS
        for number, text in rows[:stop]:
            renamed = text
            if number == start:
                fields = json.loads(text) | {"name": "x.xml"}
                renamed = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
            previous = link(previous, renamed)
            if number >= start:
                database.execute(
                    "UPDATE entries SET entry = ?, hash = ? WHERE number = ?",
                    (renamed, previous, number),
                )
        database.commit()
