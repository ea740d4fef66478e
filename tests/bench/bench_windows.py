"""From asking to seeing: how long a window takes to appear (run with `-m bench -s`).

The time runs from the call through the port to the window's report that its first frame is painted,
so it holds the start of the interpreter, of Qt, and of the window. The product promises 0.4 s.
"""

import statistics
import time
from dataclasses import replace

import pytest

from agent.consent.window_prompts import WindowPrompts
from agent.consent.windows import samples
from tests.support.display import virtual_display

_ROUNDS = 8


@pytest.mark.bench
@pytest.mark.parametrize("platform", ["offscreen", "xvfb"])
async def test_time_to_visible(platform, monkeypatch, capsys):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen" if platform == "offscreen" else "xcb")
    with virtual_display(wanted=platform == "xvfb") as display:
        if display:
            monkeypatch.setenv("DISPLAY", display)
        prompts = WindowPrompts()
        waiting = replace(samples.SELECT, certificates=())
        for name, ask in (
            ("sign", lambda: prompts.sign(samples.SIGN)),
            ("select, 3 certificates", lambda: prompts.select(samples.SELECT)),
            ("select, no token", lambda: prompts.select(waiting)),
        ):
            seconds = []
            for _ in range(_ROUNDS):
                began = time.perf_counter()
                async with ask():
                    seconds.append(time.perf_counter() - began)
            with capsys.disabled():
                print(_row(platform, name, seconds))


def _row(platform: str, name: str, seconds: list[float]) -> str:
    first, rest = seconds[0], sorted(seconds[1:])
    median = statistics.median(rest)
    return f"{platform:10} {name:24} first {first:.3f} s, then {median:.3f} s (max {rest[-1]:.3f})"
