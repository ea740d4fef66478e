"""One agent per user, by a lock that no crash leaves behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.platforms.instance import AlreadyRunning, is_running, single_instance

HOLDER = """
import sys
from pathlib import Path
from agent.platforms.instance import single_instance
with single_instance(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused_and_may_come_afterwards(tmp_path: Path) -> None:
    with single_instance(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(AlreadyRunning), single_instance(tmp_path):
            pass
    assert not is_running(tmp_path)
    with single_instance(tmp_path):
        pass


def test_where_nothing_ever_ran_nothing_runs(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "none")


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_running(tmp_path)
        holder.kill()
        holder.wait()

        assert not is_running(tmp_path)
