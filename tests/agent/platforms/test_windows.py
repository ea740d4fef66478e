"""What the Run key is given. The registry itself is not to be had elsewhere than on Windows."""

import sys

import pytest

from agent.platforms import windows


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["C:\\kyso\\kyso-agent.exe", "run"], "C:\\kyso\\kyso-agent.exe run"),
        (["C:\\Program Files\\kyso.exe", "run"], '"C:\\Program Files\\kyso.exe" run'),
        (["a", 'say "x"'], 'a "say \\"x\\""'),
        (["a", "ends with\\"], 'a "ends with\\\\"'),
    ],
)
def test_the_command_line_is_quoted_as_windows_takes_it_apart(
    command: list[str], line: str
) -> None:
    assert windows.command_line(command) == line


def test_the_key_is_the_users_own() -> None:
    assert windows.RUN_KEY == r"Software\Microsoft\Windows\CurrentVersion\Run"
    assert windows.display_available()


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_elsewhere_the_registry_is_said_to_be_missing() -> None:
    with pytest.raises(NotImplementedError):
        windows.enable_autostart(["a"])
