"""What was jotted gets to the disk soon, with others, and never later than was promised unsaid."""

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.journal import Journal, settling
from agent.journal.settling import Settler
from tests.support.journal import entry


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path)) as opened:
        yield opened


def head(directory: Path) -> int:
    try:
        return int((directory / "journal.head").read_text().split()[0])
    except FileNotFoundError:
        return 0


def statements(journal: Journal) -> list[str]:
    """What SQLite is told from now on, but for reading."""
    told: list[str] = []
    journal._database.set_trace_callback(
        lambda text: None if text.startswith("SELECT") else told.append(text.split("(")[0])
    )
    return told


class TestTheJournal:
    def test_syncs_before_append_returns_and_the_head_after_the_log(
        self, tmp_path: Path, journal: Journal
    ) -> None:
        journal.append(entry())
        told = statements(journal)
        journal.append(entry("2.xml"))

        # A trigger's statement is told as its cause once more.
        once = [line for line, _ in itertools.groupby(told)]
        assert [line for line in once if "data_version" not in line] == [
            "BEGIN IMMEDIATE",
            "INSERT INTO entries VALUES ",
            "COMMIT",
            "PRAGMA synchronous = FULL",
            "BEGIN IMMEDIATE",
            "UPDATE head SET number = max",
            "COMMIT",
            "PRAGMA synchronous = NORMAL",
        ]
        assert head(tmp_path) == 2

    def test_does_not_say_in_the_head_file_what_is_not_on_the_disk(
        self, tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settling, "SETTLED_SECONDS", 60)
        journal.append(entry())
        for _ in range(3):
            journal.jot(entry())

        assert head(tmp_path) == 1
        journal.settle()
        assert head(tmp_path) == 4

    def test_settles_by_itself(
        self, tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settled = threading.Event()
        advance = journal._head.advance

        def told(*args, **more) -> None:
            advance(*args, **more)
            settled.set()

        monkeypatch.setattr(settling, "SETTLED_SECONDS", 0.01)
        monkeypatch.setattr(journal._head, "advance", told)
        number = journal.jot(entry()).number

        assert settled.wait(20)
        assert head(tmp_path) == number

    def test_settles_when_it_is_closed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settling, "SETTLED_SECONDS", 60)
        with closing(Journal(tmp_path)) as journal:
            journal.jot(entry())

        assert head(tmp_path) == 1


class TestTheSettler:
    def test_those_who_wait_share_one_sync(self) -> None:
        """Three more come while the first is syncing: one sync does for all three."""
        written, syncs = 1, 0
        begun, go_on = threading.Event(), threading.Event()

        def sync() -> int:
            nonlocal syncs
            syncs += 1
            up_to = written
            begun.set()
            go_on.wait(20)
            return up_to

        settler = Settler(sync)
        first = threading.Thread(target=settler.now, args=(1,))
        first.start()
        begun.wait(20)
        written = 4
        others = [threading.Thread(target=settler.now, args=(n,)) for n in (2, 3, 4)]
        for other in others:
            other.start()
        go_on.set()
        for thread in (first, *others):
            thread.join(20)

        assert syncs == 2

    def test_after_a_failure_nothing_is_promised_that_is_not_done(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(settling, "SETTLED_SECONDS", 60)
        full = True

        def sync() -> int:
            if full:
                raise sqlite3.OperationalError("database or disk is full")
            return 2

        settler = Settler(sync)
        settler.soon(1)
        settler.close()  # it is due
        assert "disk is full" in caplog.text
        with pytest.raises(sqlite3.OperationalError):
            settler.soon(2)

        full = False
        settler.soon(2)
        settler.soon(3)  # soon again
        settler.close()
