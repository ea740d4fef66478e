"""Where the demo world lives and how it is to be shown."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import platformdirs

from protocol.version import PORTS

#: The demo unit's password on the page; told to everybody.
PASSWORD: Final = "demo-2026"  # noqa: S105 - it protects nothing


def usual_folder() -> Path:
    return Path(platformdirs.user_data_dir("openkyso-demo", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """`headless`: the agent answers by script, for the demo token and services alone; no window
    is opened.

    `port` is the page's, for this time; None is the one kept with the data. Pages look for an agent
    on the usual `agent_ports` only; others are for tests that need no page.
    """

    data: Path = field(default_factory=usual_folder)
    headless: bool = False
    window: bool = True
    port: int | None = None
    any_ports: bool = False
    agent_ports: tuple[int, ...] = PORTS

    @property
    def log_folder(self) -> Path:
        return self.data / "log"

    @property
    def agent_configuration(self) -> Path:
        return self.data / "agent.toml"

    @property
    def agent_data(self) -> Path:
        return self.data / "agent"

    @property
    def runtime_folder(self) -> Path:
        return self.data / "runtime"

    @property
    def runtime_file(self) -> Path:
        return self.runtime_folder / "agent.json"

    @property
    def asks_in_terminal(self) -> bool:
        """Without a display the agent asks where it was started, if somebody is there."""
        return not self.headless and not has_display() and sys.stdin.isatty()

    @property
    def has_nobody_to_ask(self) -> bool:
        return not (self.headless or has_display() or sys.stdin.isatty())

    @property
    def shows_window(self) -> bool:
        return self.window and not self.headless and has_display()


def has_display() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
