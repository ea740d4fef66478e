"""What differs between Linux, macOS and Windows, chosen once.

Each of `linux`, `macos` and `windows` has the same functions (`Platform` below); a fix for one
system touches one file. `directories`, `instance` and `runtime` build on what is common.
"""

import sys
from collections.abc import Sequence
from typing import Protocol


class Platform(Protocol):
    """What every one of the three modules offers."""

    def display_available(self) -> bool:
        """Whether a window can be expected to open."""

    def autostart_place(self) -> str:
        """Where it is written that the agent starts at login; "" if it does not."""

    def enable_autostart(self, command: Sequence[str]) -> str:
        """Start `command` when the user logs in; where that was written. Raises OSError."""

    def disable_autostart(self) -> None:
        """Undo it; nothing happens if it was not enabled. Raises OSError."""

    def machine_id(self) -> str:
        """The machine's own number, which stays the same; "" where there is none."""


def current() -> Platform:
    """The module for the system this runs on."""
    if sys.platform == "win32":
        from agent.platforms import windows

        return windows
    if sys.platform == "darwin":
        from agent.platforms import macos

        return macos
    from agent.platforms import linux

    return linux
