"""The window's process: a real window on a real (virtual) screen, and what happens without one."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import Desk
from tests.support.waiting import wait_for
from webui.window import URL

STATIC = Path(__file__).parents[2] / "webui" / "static"
PROTOCOL = STATIC.parents[1] / "protocol" / "js"
COMMAND = [sys.executable, "-m", "webui.window"]


def without_a_display(**more: str) -> dict[str, str]:
    outside = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
    return outside | {"PYTHONPATH": str(STATIC.parents[1])} | more


class Recorder(SimpleHTTPRequestHandler):
    """Hands out the page as the backend does, and remembers what was asked for."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def __init__(self, *args: Any, asked: list[str]) -> None:
        self.asked = asked
        super().__init__(*args)

    def translate_path(self, path: str) -> str:
        folder = STATIC
        if path.startswith("/protocol/"):
            folder, path = PROTOCOL, path.removeprefix("/protocol")
        return str(folder / (path.partition("?")[0].lstrip("/") or "index.html"))

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def page_server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Recorder, asked=asked)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(
    find_spec("PySide6.QtWebEngineWidgets") is None or find_spec("webview") is None,
    reason="the extra `window` is not installed",
)
def test_the_window_shows_the_page_runs_it_and_ends_when_it_is_closed(tmp_path: Path) -> None:
    with Desk() as desk, page_server() as (url, asked):
        environment = without_a_display(
            HOME=str(tmp_path), **desk.environment, **{URL: f"{url}#ticket=abc"}
        )
        window = subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE)
        try:
            shown = desk.window("^OpenKySo$", seconds=40)
            # Only the page's own script asks for this one.
            wait_for(lambda: "/api/session" in asked, "the page to run", seconds=40)
            command_line = Path(f"/proc/{window.pid}/cmdline")
            if command_line.exists():
                assert b"ticket" not in command_line.read_bytes()
            assert all("ticket" not in path for path in asked)

            shown.close()

            assert window.wait(20) == 0
        finally:
            window.kill()
            window.communicate()


def test_without_a_toolkit_the_browser_is_opened_and_gets_no_ticket(tmp_path: Path) -> None:
    """A browser is handed its address as an argument, which other users can read."""
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("")  # as without the extra `window`
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {opened}\n')
    browser.chmod(0o755)
    root = str(STATIC.parents[1])
    environment = without_a_display(
        DISPLAY=":nowhere", BROWSER=str(browser), PYTHONPATH=f"{tmp_path}{os.pathsep}{root}"
    )
    environment[URL] = "http://127.0.0.1:8620/#ticket=abc"

    subprocess.run(COMMAND, env=environment, check=True, timeout=30)

    assert wait_for(lambda: opened.exists() and opened.read_text(), "the browser").split() == [
        "http://127.0.0.1:8620/"
    ]


def test_a_ticket_is_not_printed_for_others_to_take() -> None:
    done = subprocess.run(
        COMMAND,
        env=without_a_display(**{URL: "http://127.0.0.1:8620/#ticket=abc"}),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "http://127.0.0.1:8620/\n"
