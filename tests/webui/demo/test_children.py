"""Children live as long as their block, and never longer than their parent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import eventually, wait_for
from tests.webui.demo.test_leash import SLEEPS, is_there
from webui.demo.children import leashed, tail

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks for processes by signal 0")

PARENT = """
import asyncio, sys
from pathlib import Path
from webui.demo.children import leashed

async def main():
    async with leashed([sys.executable, "-c", sys.argv[2]], log=Path(sys.argv[1])) as child:
        await child.ended()

asyncio.run(main())
"""


def written_pid(log: Path) -> int | None:
    text = log.read_text() if log.exists() else ""
    return int(text) if text.strip() else None


async def test_a_child_ends_with_its_block(tmp_path) -> None:
    log = tmp_path / "log" / "child.out"
    async with leashed([sys.executable, "-c", SLEEPS], log=log) as child:
        pid = await eventually(lambda: written_pid(log), "the child's pid")
        assert child.is_running

    assert not is_there(pid)
    assert not child.is_running


async def test_a_childs_own_end_is_noticed(tmp_path) -> None:
    command = [sys.executable, "-c", "import sys; print('last words'); sys.exit(3)"]
    async with leashed(command, log=tmp_path / "child.out") as child:
        assert await child.ended() == 3

    assert tail(tmp_path / "child.out") == "last words"


async def test_it_gets_the_environment_it_needs(tmp_path) -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['SOFTHSM2_CONF'])"]
    async with leashed(
        command, environment={"SOFTHSM2_CONF": "here"}, log=tmp_path / "child.out"
    ) as child:
        await child.ended()

    assert tail(tmp_path / "child.out") == "here"


def test_a_parent_that_is_killed_leaves_nobody_behind(tmp_path) -> None:
    log = tmp_path / "child.out"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log), SLEEPS])
    pid = wait_for(lambda: written_pid(log), "the child's pid")
    assert is_there(pid)

    parent.kill()
    parent.wait()

    wait_for(lambda: not is_there(pid), "the child's end")


def test_the_tail_of_no_log_is_empty(tmp_path) -> None:
    assert tail(tmp_path / "none") == ""
