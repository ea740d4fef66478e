"""A desk with a screen: Xvfb, and the hands (xdotool) that use the agent's real windows.

with Desk() as desk:
    start_something(env=os.environ | desk.environment)
    window = desk.window("Ký số")     # waits until it is visible
    window.type("12345678")
    window.press("Return")
"""

import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.display import ask_to_close, virtual_display
from tests.support.waiting import wait_for


class Desk:
    """One X server without a window manager; windows are found by a part of their title."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.display = ""

    def __enter__(self) -> Self:
        name = self._stack.enter_context(virtual_display())
        assert name is not None
        self.display = name
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        return {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def windows(self, title: str) -> "list[Window]":
        """The visible windows whose title contains `title`, a regular expression."""
        found = self.xdotool("search", "--onlyvisible", "--name", title, check=False)
        return [Window(self, number) for number in found.split()]

    def window(self, title: str, *, seconds: float = 20.0) -> "Window":
        return wait_for(lambda: self.windows(title), f"a window {title!r}", seconds=seconds)[0]

    def gone(self, title: str, *, seconds: float = 20.0) -> None:
        wait_for(lambda: not self.windows(title), f"the window {title!r} to close", seconds=seconds)

    def screenshot(self, path: Path) -> None:
        command = ["import", "-display", self.display, "-window", "root", str(path)]
        subprocess.run(command, check=True)

    def xdotool(self, *arguments: str, check: bool = True) -> str:
        return subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=check,
        ).stdout


@dataclass(frozen=True)
class Window:
    desk: Desk
    number: str

    def focus(self) -> None:
        """A window that has just closed is no error: that is often what the keys are for."""
        # Without a window manager nobody gives a new window the keyboard.
        self.desk.xdotool("windowfocus", "--sync", self.number, check=False)

    def type(self, text: str) -> None:
        self.focus()
        self.desk.xdotool("type", "--delay", "5", text)

    def press(self, *keys: str) -> None:
        self.focus()
        self.desk.xdotool("key", *keys, check=False)

    def close(self) -> None:
        """As the cross in a title bar does: the program is asked to close it (ICCCM 4.2.8.1)."""
        ask_to_close(self.desk.display, int(self.number))

    def click(self, x: int, y: int) -> None:
        """At a point of the window, in pixels from its top left."""
        self.desk.xdotool("mousemove", "--window", self.number, str(x), str(y), "click", "1")
