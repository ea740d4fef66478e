"""The LaunchAgent's property list."""

import plistlib
import subprocess
from pathlib import Path

import pytest

from agent.platforms import macos


def test_it_is_enabled_and_disabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert macos.autostart_place() == ""

    place = macos.enable_autostart(["/Applications/Open KySo.app/kyso-agent", "run"])

    assert place == str(tmp_path / "Library/LaunchAgents/vn.openkyso.agent.plist")
    assert macos.autostart_place() == place
    written = plistlib.loads(Path(place).read_bytes())
    assert written["Label"] == "vn.openkyso.agent"
    assert written["ProgramArguments"] == ["/Applications/Open KySo.app/kyso-agent", "run"]
    assert written["RunAtLoad"] is True
    assert written["KeepAlive"] == {"SuccessfulExit": False}
    macos.disable_autostart()
    assert macos.autostart_place() == ""


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (plistlib.dumps([{"IOPlatformUUID": "1B2C"}]), "1B2C"),
        (plistlib.dumps([{}]), ""),
        (plistlib.dumps([]), ""),
        (b"<plist", ""),
        (b"", ""),
    ],
)
def test_the_machine_s_own_number(monkeypatch: pytest.MonkeyPatch, told, number) -> None:
    def ioreg(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 0, stdout=told)

    monkeypatch.setattr(macos.subprocess, "run", ioreg)
    assert macos.machine_id() == number


def test_a_machine_without_ioreg_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(macos.subprocess, "run", absent)
    assert macos.machine_id() == ""
