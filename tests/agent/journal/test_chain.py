"""Any single change is noticed, and no deletion by command is taken for one."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.journal import Entry, Journal, JournalBroken
from agent.journal.deletion import delete
from agent.journal.selection import Selection
from tests.support.journal import AT, at

SHELVES = {
    "entries": ("number", "entry", "hash"),
    "tombstones": ("number", "hash", "deleted_by"),
    "evidence": ("sha256", "content"),
}

writings = st.lists(
    st.builds(
        at,
        st.integers(0, 9).map(lambda day: AT + timedelta(days=day)),
        st.text(st.characters(codec="utf-8"), max_size=9),
        evidence=st.lists(st.sampled_from((b"a", b"b", b"c")), max_size=2, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=4,
)
deletions = st.builds(
    Selection,
    before=st.none() | st.integers(0, 9).map(lambda day: AT + timedelta(days=day)),
    numbers=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
histories = st.lists(writings | deletions, max_size=6)


@settings(max_examples=10, deadline=None)
@given(history=histories)
def test_whatever_is_written_and_deleted_by_command_is_in_order(
    tmp_path_factory: pytest.TempPathFactory, history: list[list[Entry] | Selection]
) -> None:
    directory = tmp_path_factory.mktemp("history")
    there: dict[int, Entry] = {}
    count = gone = 0
    with closing(Journal(directory)) as journal:
        for step in history:
            if isinstance(step, Selection):
                goes = [n for n, e in there.items() if e.action == "sign" and step.has(n, e.at)]
                done = delete(journal, step, at=AT, origin="o")
                assert (0 if done is None else done.count) == len(goes)
                for number in goes:
                    del there[number]
                if done is not None:
                    count += 1
                    gone += len(goes)
                    there[count] = done.by.entry
            else:
                for written in journal.append_many(step):
                    count += 1
                    there[count] = written.entry
            found = journal.examined()
            assert found.entries == len(there)
            assert sum(last - first + 1 for first, last in found.deleted) == gone
        stored = {one.number: one.entry for one in journal.latest(limit=99)}
    assert stored == there
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("whole")
    with closing(Journal(directory)) as journal:
        journal.append_many([at(AT, f"{n}.xml", evidence=(b"%d" % n,)) for n in range(6)])
        delete(journal, Selection(numbers=(2, 4)), at=AT, origin="o")
        journal.append_many([at(AT, f"{n}.xml", evidence=(b"%d" % n,)) for n in range(3)])
        journal.verify()
    return directory


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_single_change_is_noticed(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    copy = Path(shutil.copytree(whole, tmp_path_factory.mktemp("changed") / "journal"))
    table = data.draw(st.sampled_from((*SHELVES, "head file")))
    if table == "head file":
        path = copy / "journal.head"
        path.write_bytes(changed(path.read_bytes(), data))
    else:
        with closing(sqlite3.connect(copy / "journal.sqlite")) as database:
            change_a_row(database, table, data)

    with closing(Journal(copy)) as journal, pytest.raises(JournalBroken):
        journal.verify()
    shutil.rmtree(copy)


def change_a_row(database: sqlite3.Connection, table: str, data: st.DataObject) -> None:
    triggers = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (trigger,) in triggers.fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    rows = [row for (row,) in database.execute(f"SELECT rowid FROM {table}")]
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from((*SHELVES[table], "the row")))
    if column == "the row":
        database.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
    else:
        query = f"SELECT {column} FROM {table} WHERE rowid = ?"
        (old,) = database.execute(query, (row,)).fetchone()
        if isinstance(old, bytes):
            new: object = changed(old, data)
        else:
            new = data.draw(st.integers(20, 99))
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
    database.commit()


def changed(octets: bytes, data: st.DataObject) -> bytes:
    """With another byte, one less, or one more."""
    place = data.draw(st.integers(0, len(octets) - 1))
    match data.draw(st.sampled_from(("another", "less", "more"))):
        case "another":
            other = octets[place] ^ data.draw(st.integers(1, 255))
            return octets[:place] + bytes([other]) + octets[place + 1 :]
        case "less":
            return octets[:place] + octets[place + 1 :]
        case _:
            return octets + b"0"
