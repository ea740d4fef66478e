"""Showing the page: in a window of its own, else in the browser, else as a URL in the terminal."""

import asyncio
import sys
import time
import webbrowser
from typing import Final

from webui.demo.children import leashed
from webui.demo.plan import DemoPlan
from webui.demo.say import say
from webui.window import URL

#: A window that closes sooner was never seen.
_SEEN_SECONDS: Final = 3.0


async def show(plan: DemoPlan, *, url: str, ticketed: str) -> None:
    """Returns when the window is closed, or at once after opening the browser."""
    opened = time.monotonic()
    command = [sys.executable, "-m", "webui.window"]
    log = plan.log_folder / "window.out"
    async with leashed(command, environment={URL: ticketed}, log=log) as window:
        status = await window.ended()
    if time.monotonic() - opened > _SEEN_SECONDS:
        say("window_closed", url=url)
        return
    if status == 0:  # it has handed the page to the browser
        return
    say("window_failed")
    await asyncio.to_thread(webbrowser.open, url)
