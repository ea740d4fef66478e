"""Autostart by the freedesktop.org specifications, and whether there is a display."""

import shlex
from pathlib import Path

import pytest

from agent.platforms import linux


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_it_is_enabled_and_disabled(config: Path) -> None:
    assert linux.autostart_place() == ""

    place = linux.enable_autostart(["/opt/kyso/kyso-agent", "run"])

    assert place == linux.autostart_place() == str(config / "autostart/openkyso-agent.desktop")
    assert Path(place).read_text() == (
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName=OpenKySo Agent\n"
        "Name[vi]=Phần mềm ký số OpenKySo\nExec=/opt/kyso/kyso-agent run\n"
        "Terminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
    )
    linux.disable_autostart()
    assert linux.autostart_place() == ""
    linux.disable_autostart()


@pytest.mark.parametrize(
    ("argument", "written"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("/home/chị Lan/kyso", '"/home/chị Lan/kyso"'),
        ('a"b', '"a\\\\"b"'),
        ("$HOME", '"\\\\$HOME"'),
        ("a`b", '"a\\\\`b"'),
        ("a\\b", '"a\\\\\\\\b"'),
        ("100%", '"100%%"'),
        ("", '""'),
        ("a;b", '"a;b"'),
    ],
)
def test_arguments_are_quoted_as_the_exec_key_wants_them(argument: str, written: str) -> None:
    [line] = [
        line for line in linux.desktop_entry([argument]).splitlines() if line.startswith("Exec=")
    ]

    assert line == f"Exec={written}"


@pytest.mark.parametrize("argument", ['a"b', "a\\b", "chị Lan", "a;b|c", "'"])
def test_quoting_can_be_undone(argument: str) -> None:
    exec_line = next(
        line
        for line in linux.desktop_entry(["x", argument]).splitlines()
        if line.startswith("Exec=")
    )
    # First the key file's escapes, then the shell-like quoting.
    value = exec_line.removeprefix("Exec=").replace("\\\\", "\\")

    assert shlex.split(value) == ["x", argument]


@pytest.mark.parametrize(
    ("wayland", "x11", "available"),
    [("", "", False), ("wayland-0", "", True), ("", ":0", True), ("wayland-0", ":0", True)],
)
def test_a_display_is_wayland_or_x11(
    monkeypatch: pytest.MonkeyPatch, wayland: str, x11: str, available: bool
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
    monkeypatch.setenv("DISPLAY", x11)

    assert linux.display_available() is available


def test_the_machine_s_own_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "machine-id", tmp_path / "dbus"
    monkeypatch.setattr(linux, "_MACHINE_IDS", (first, second))
    assert linux.machine_id() == ""
    second.write_text("older\n")
    assert linux.machine_id() == "older"
    first.write_text("newer\n")
    assert linux.machine_id() == "newer"
