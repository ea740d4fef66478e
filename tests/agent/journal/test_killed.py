"""The program is killed in the middle (SIGKILL), the end of its log is lost, bytes are damaged."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.journal import Journal, JournalBroken
from tests.support.journal import entry, filled

#: Writes until it is killed, and says after each step how many entries it has promised.
STEPS = {
    "jot": "lambda n: journal.jot(entry(f'{n}.xml', evidence=(str(n % 7).encode(),))).number",
    "settled": """lambda n: (
        journal.jot(entry(f'{n}.xml')), n in (40, 80) and journal.settle(),
    )[0].number""",
    "append": "lambda n: journal.append(entry(f'{n}.xml')).number",
    "append_many": "lambda n: journal.append_many([entry()] * 50)[-1].number",
    "delete": """lambda n: (
        journal.append_many([entry(evidence=(str(n).encode(),))] * 20),
        delete(journal, Selection(numbers=(1 + 21 * n, 15 + 21 * n)), at=AT, origin='o').by.number,
    )[1]""",
}
CHILD = """
import os, sys, itertools
from pathlib import Path
from agent.journal import Journal
from agent.journal.deletion import delete
from agent.journal.selection import Selection
from tests.support.journal import AT, entry
journal = Journal(Path(sys.argv[1]))
step = {step}
for n in itertools.count():
    os.write(1, b"%d\\n" % step(n))
"""


def killed(directory: Path, step: str, *, after: int) -> int:
    """How many entries were promised in all before it was killed."""
    command = [sys.executable, "-c", CHILD.format(step=STEPS[step]), str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(after)]
        os.kill(child.pid, signal.SIGKILL)
        # What it wrote until the signal came was promised too; half a line was not.
        said += [line for line in child.stdout if line.endswith(b"\n")]
    return int(said[-1])


@pytest.mark.parametrize(
    ("step", "after"), [("jot", 1), ("jot", 800), ("append", 9), ("append_many", 5), ("delete", 4)]
)
def test_what_was_promised_is_there_and_in_order(tmp_path: Path, step: str, after: int) -> None:
    promised = killed(tmp_path, step, after=after)

    with closing(Journal(tmp_path)) as journal:
        [last] = journal.latest(limit=1)
        assert last.number >= promised
        journal.verify()
        journal.append(entry())
        assert journal.examined().number == last.number + 1


def test_so_it_is_beside_another_program_that_goes_on(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        ours = [journal.jot(entry()).number for _ in range(5)]
        promised = killed(tmp_path, "jot", after=50)
        ours += [journal.jot(entry()).number for _ in range(5)]

        assert promised < ours[5]
        assert journal.verify() == ours[-1]


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Killed when some entries had settled, and some had not."""
    directory = tmp_path_factory.mktemp("fallen")
    killed(directory, "settled", after=120)
    return directory


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_of_a_log_whose_end_is_lost_nothing_that_had_settled_is_missed(
    fallen: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    copy = Path(shutil.copytree(fallen, tmp_path_factory.mktemp("cut") / "journal"))
    log = copy / "journal.sqlite-wal"
    kept = data.draw(st.integers(0, log.stat().st_size))
    os.truncate(log, kept)
    settled = int((copy / "journal.head").read_text().split()[0])

    with closing(Journal(copy)) as journal:
        there = len(journal.latest(limit=1000))
        if there >= settled:
            assert journal.verify() == there
        else:
            with pytest.raises(JournalBroken, match="at the end were removed"):
                journal.verify()
    shutil.rmtree(copy)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_of_a_file_with_a_damaged_byte_either_it_is_said_or_it_did_not_matter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = tmp_path_factory.getbasetemp() / "whole"
    if not whole.exists():
        filled(whole, 6)
    copy = Path(shutil.copytree(whole, tmp_path_factory.mktemp("damaged") / "journal"))
    octets = bytearray((copy / "journal.sqlite").read_bytes())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    (copy / "journal.sqlite").write_bytes(octets)

    with closing(Journal(whole)) as journal:
        expected = journal.latest(limit=9)
    try:
        with closing(Journal(copy)) as journal:
            journal.verify()
            assert journal.latest(limit=9) == expected
    except (JournalBroken, sqlite3.OperationalError):
        pass
