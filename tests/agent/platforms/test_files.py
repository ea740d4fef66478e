"""Files that several processes share: whole or not at all, one writer at a time."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from agent.platforms import files
from agent.platforms.files import locked, replace


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "made" / "x.json"
    replace(path, b"one")
    replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "x.json"
    replace(path, b"one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def _count_up(path: Path, times: int) -> None:
    for _ in range(times):
        with locked(path):
            replace(path, str(int(path.read_bytes()) + 1).encode())


def test_no_process_undoes_what_another_did(tmp_path: Path) -> None:
    path = tmp_path / "count"
    replace(path, b"0")
    spawned = multiprocessing.get_context("spawn")
    others = [spawned.Process(target=_count_up, args=(path, 25)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert path.read_bytes() == b"75"


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with locked(path), pytest.raises(TimeoutError), locked(path, seconds=0.05):
        pass
    with locked(path, seconds=0.05):
        pass
