"""Linux, by freedesktop.org: Desktop Application Autostart and Desktop Entry specifications."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

_NAME: Final = "openkyso-agent.desktop"
_MACHINE_IDS: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
#: Desktop Entry specification, "The Exec key": arguments with any of these must be quoted.
_RESERVED: Final = re.compile(r"""[\s"'\\><~|&;$*?#()`%]""")


def display_available() -> bool:
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))


def autostart_place() -> str:
    path = _autostart_file()
    return str(path) if path.exists() else ""


def enable_autostart(command: Sequence[str]) -> str:
    path = _autostart_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(desktop_entry(command), "utf-8")
    return str(path)


def disable_autostart() -> None:
    _autostart_file().unlink(missing_ok=True)


def machine_id() -> str:
    """machine-id(5); before systemd it was D-Bus's."""
    for path in _MACHINE_IDS:
        with suppress(OSError):
            if found := path.read_text("ascii").strip():
                return found
    return ""


def desktop_entry(command: Sequence[str]) -> str:
    return (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Version=1.0\n"
        "Name=OpenKySo Agent\n"
        "Name[vi]=Phần mềm ký số OpenKySo\n"
        f"Exec={' '.join(map(_quoted, command))}\n"
        "Terminal=false\n"
        "NoDisplay=true\n"
        "X-GNOME-Autostart-enabled=true\n"
    )


def _quoted(argument: str) -> str:
    literal = argument.replace("%", "%%")
    if argument and not _RESERVED.search(argument):
        return literal
    inner = re.sub(r'(["`$\\])', r"\\\1", literal)
    # The value is a string of the key file first, where a backslash is written twice.
    return '"' + inner.replace("\\", "\\\\") + '"'


def _autostart_file() -> Path:
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "autostart" / _NAME
