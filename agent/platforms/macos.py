"""macOS: a LaunchAgent of the user (launchd.plist(5))."""

import plistlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LABEL: Final = "vn.openkyso.agent"


def display_available() -> bool:
    # A LaunchAgent of session type Aqua only runs where there is a screen.
    return True


def autostart_place() -> str:
    path = _plist_file()
    return str(path) if path.exists() else ""


def enable_autostart(command: Sequence[str]) -> str:
    path = _plist_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(property_list(command))
    return str(path)


def disable_autostart() -> None:
    _plist_file().unlink(missing_ok=True)


def property_list(command: Sequence[str]) -> bytes:
    return plistlib.dumps(
        {
            "Label": _LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            # Started again after a crash, but not after the user quit it.
            "KeepAlive": {"SuccessfulExit": False},
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
    )


def _plist_file() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
