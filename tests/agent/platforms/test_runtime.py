"""The runtime file: complete or absent, and for the user's eyes only."""

import stat
from pathlib import Path

import pytest

from agent.platforms import runtime
from agent.platforms.runtime import Runtime

RECORD = Runtime(port=14517, pid=4711, native_token="s3cret")


def test_it_is_read_as_it_was_written_and_gone_after(tmp_path: Path) -> None:
    assert runtime.read(tmp_path) is None

    runtime.write(tmp_path, RECORD)

    assert runtime.read(tmp_path) == RECORD
    assert stat.S_IMODE((tmp_path / "agent.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["agent.json"]
    runtime.remove(tmp_path)
    runtime.remove(tmp_path)
    assert runtime.read(tmp_path) is None


def test_a_former_agents_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text("old")
    (tmp_path / "agent.json").chmod(0o644)

    runtime.write(tmp_path, RECORD)

    assert runtime.read(tmp_path) == RECORD
    assert stat.S_IMODE((tmp_path / "agent.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"port": "x"}', "\x00"])
def test_a_file_that_cannot_be_understood_is_no_agent(tmp_path: Path, content: str) -> None:
    (tmp_path / "agent.json").write_text(content)

    assert runtime.read(tmp_path) is None


def test_the_token_is_not_printed() -> None:
    assert "s3cret" not in repr(RECORD)
