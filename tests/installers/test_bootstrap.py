"""From a fresh clone: what is missing is named or installed, and the locks say one thing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from installers import bootstrap
from installers.bootstrap import Need

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-window.lock", "requirements-dev.lock")

ABSENT = Need("some-package", lambda: False, "Some Thing (from its maker)")
PRESENT = Need("other-package", lambda: True, "Other Thing")


def pins(name: str) -> dict[str, str]:
    """Project → version of one lock file."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_without_apt_the_missing_things_are_named_and_nothing_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda *_, **__: None)

    with pytest.raises(SystemExit) as stopped:
        bootstrap.have([ABSENT, PRESENT])

    assert "Some Thing (from its maker)" in str(stopped.value)
    assert "Other Thing" not in str(stopped.value)


def test_what_only_debian_needs_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda *_, **__: None)

    bootstrap.have([Need("libonly", lambda: False, "")])


def test_without_root_or_sudo_the_command_to_give_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name, **_: "/usr/bin/apt-get" if "apt" in name else None
    )
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)

    with pytest.raises(SystemExit) as stopped:
        bootstrap.have([ABSENT])

    assert "apt-get install some-package" in str(stopped.value)


def test_an_unknown_word_is_answered_with_what_there_is() -> None:
    command = [sys.executable, str(ROOT / "installers" / "bootstrap.py"), "dmeo"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert "demo" in answer.stderr


def test_the_locks_agree_on_every_version_they_share() -> None:
    first, *others = map(pins, LOCKS)
    for other in others:
        shared = first.keys() & other.keys()
        assert {name: first[name] for name in shared} == {name: other[name] for name in shared}


def test_every_locked_package_has_a_hash() -> None:
    for name in LOCKS:
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        assert [b.splitlines()[0] for b in blocks if "==" in b and "--hash=sha256:" not in b] == []


def test_the_readme_s_two_commands_are_the_program_s() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    for word in ("demo", "test"):
        assert f"python3 installers/bootstrap.py {word}" in readme
