"""A desk with a screen: Xvfb, and the hands (xdotool) that use the agent's real windows.

with Desk() as desk:
    start_something(env=os.environ | desk.environment)
    window = desk.window("Ký số")     # waits until it is visible
    window.type("12345678")
    window.press("Return")
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.waiting import wait_for


class Desk:
    """One X server without a window manager; windows are found by a part of their title."""

    def __init__(self, *, size: str = "1280x900") -> None:
        self._size = size
        self._server: subprocess.Popen[bytes] | None = None
        self.display = ""

    def __enter__(self) -> Self:
        # -displayfd lets the server choose a free number and say so when it is ready.
        read, write = os.pipe()
        self._server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write),
                "-screen",
                "0",
                f"{self._size}x24",
                "-nolisten",
                "tcp",
            ],
            pass_fds=[write],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as ready:
            self.display = f":{ready.readline().strip()}"
        assert self.display != ":", "Xvfb did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait()

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
        # Without a window manager nobody gives a new window the keyboard.
        self.desk.xdotool("windowfocus", "--sync", self.number)

    def type(self, text: str) -> None:
        self.focus()
        self.desk.xdotool("type", "--delay", "5", text)

    def press(self, *keys: str) -> None:
        self.focus()
        self.desk.xdotool("key", *keys)

    def click(self, x: int, y: int) -> None:
        """At a point of the window, in pixels from its top left."""
        self.desk.xdotool("mousemove", "--window", self.number, str(x), str(y), "click", "1")
