"""What is shared among processes, and what one of them keeps."""

from pathlib import Path

import pytest

from installers import bootstrap
from tests.support.side_by_side import LONG, TOGETHER, rank, unit

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("place", [*TOGETHER, *LONG])
def test_every_place_that_is_named_is_there(place) -> None:
    assert (ROOT / place).exists()


def test_a_file_is_one_process_s() -> None:
    assert unit("tests/a/test_b.py::TestC::test_d[x::y]") == "tests/a/test_b.py"


def test_two_agents_on_the_ports_that_pages_try_never_meet() -> None:
    start = "ports=" + "PORTS"
    users = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if start in path.read_text("utf-8")
    ]

    assert len(users) > 1
    assert {unit(path) for path in users} == {"tests/flows"}


def test_the_longest_begin_first() -> None:
    assert rank("tests/flows") == 0
    assert rank(unit("tests/flows/test_kill.py::test_x")) == 0
    assert rank("tests/webui/static/test_screens.py") < rank("tests/webui/static/test_texts.py")
    assert rank("tests/protocol/test_codec.py") == len(LONG)


def test_a_part_that_is_asked_for_runs_in_one_process(monkeypatch) -> None:
    """So does what failed, the second time."""
    commands: list[list[str]] = []
    for name in ("have", "environment", "browser_tools"):
        monkeypatch.setattr(bootstrap, name, lambda *_: None)
    monkeypatch.setattr(bootstrap, "run", lambda command: commands.append(command) or 0)

    bootstrap.test([])
    bootstrap.test(["--last-failed"])

    whole, part = commands
    assert "-n" in whole
    assert part[-2:] == ["pytest", "--last-failed"]
