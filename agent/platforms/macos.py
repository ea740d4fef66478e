"""macOS: a LaunchAgent of the user (launchd.plist(5))."""

import plistlib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

_LABEL: Final = "vn.openkyso.agent"
_IOREG_SECONDS: Final = 5.0


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


def machine_id() -> str:
    """IOPlatformUUID, by ioreg(8)."""
    try:
        told = subprocess.run(
            ["/usr/sbin/ioreg", "-a", "-d1", "-rc", "IOPlatformExpertDevice"],
            capture_output=True,
            timeout=_IOREG_SECONDS,
            check=True,
        )
        [device] = plistlib.loads(told.stdout)
        return str(device["IOPlatformUUID"])
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, ExpatError):
        return ""


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
