"""The LaunchAgent's property list."""

import plistlib
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
