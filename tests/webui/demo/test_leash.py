"""A program on a leash ends when the leash is let go, and not before."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes are handed on by number")

SAYS_ITS_PID = "import os, sys; print(os.getpid(), flush=True)"
SLEEPS = f"{SAYS_ITS_PID}; import time; time.sleep(600)"
IS_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


class Leashed:
    def __init__(self, program: str) -> None:
        theirs, self.ours = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "webui.demo.leash", str(theirs), sys.executable, "-c", program],
            pass_fds=[theirs],
            stdout=subprocess.PIPE,
            text=True,
        )
        os.close(theirs)
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline())

    def let_go(self) -> None:
        os.close(self.ours)
        self.ours = -1

    def close(self) -> None:
        if self.ours != -1:
            os.close(self.ours)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(20)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def leashed():
    made: list[Leashed] = []

    def make(program: str) -> Leashed:
        made.append(Leashed(program))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_its_exit_status_is_the_programs(leashed) -> None:
    one = leashed(f"{SAYS_ITS_PID}; sys.exit(7)")

    assert one.process.wait(10) == 7


def test_an_end_by_a_signal_is_told_as_shells_tell_it(leashed) -> None:
    one = leashed(SLEEPS)

    os.kill(one.pid, signal.SIGKILL)

    assert one.process.wait(10) == 128 + signal.SIGKILL


def test_let_go_the_program_ends(leashed) -> None:
    one = leashed(SLEEPS)
    assert is_there(one.pid)

    one.let_go()

    wait_for(lambda: not is_there(one.pid), "the program's end")


def test_a_stubborn_program_is_made_to_end(leashed) -> None:
    one = leashed(IS_STUBBORN)

    one.let_go()

    wait_for(lambda: not is_there(one.pid), "the program's end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_should_end_the_leash_ends_the_program(leashed, number) -> None:
    one = leashed(SLEEPS)

    one.process.send_signal(number)

    wait_for(lambda: not is_there(one.pid), "the program's end")


def test_ctrl_c_is_the_programs_own_business(leashed) -> None:
    catches = f"""
import time
try:
    {SAYS_ITS_PID}
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(5)
"""
    one = leashed(catches)

    one.process.send_signal(signal.SIGINT)
    assert is_there(one.pid)
    os.kill(one.pid, signal.SIGINT)

    assert one.process.wait(10) == 5
