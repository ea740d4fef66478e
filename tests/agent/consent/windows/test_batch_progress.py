"""The progress of a batch, with a clock that the test turns; Qt is in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]

SCRIPT = """
import json, sys
from PySide6.QtWidgets import QApplication
from agent.consent.text import Texts
from agent.consent.windows import batch_progress

now = 1000.0
batch_progress.time.monotonic = lambda: now
app = QApplication(["test"])
panel = batch_progress.BatchProgress(Texts("vi"), signing="signing")
said, shown = [], []
tell, panel._announce = panel._announce, lambda text: (said.append(text), tell(text))
for pause, done, total in json.loads(sys.argv[1]):
    now += pause
    panel.count(done, total)
    shown.append(panel.how_far.text())
panel.say("verifying")
print(json.dumps([said, shown, panel.bar.value(), panel.bar.maximum(), panel.sentence.text()]))
"""


def progress(*steps):
    """What it says aloud, shows after each step, its bar, and its stage."""
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(steps)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


def test_a_short_batch_is_only_counted():
    _, shown, value, maximum, stage = progress((0, 1, 3), (0.5, 2, 3), (0.5, 3, 3))

    assert shown == [f"Đã xong {n} trong 3 tài liệu" for n in (1, 2, 3)]
    assert (value, maximum) == (3, 3)
    assert stage == "Đang ký. Đừng rút USB token…", (
        "the steps of each document are too short to read"
    )


def test_a_long_one_says_how_fast_it_goes_and_how_long_it_will_take():
    _, shown, *_ = progress((0, 0, 10_000), (3, 60, 10_000))

    assert shown == [
        "Đã xong 0 trong 10.000 tài liệu",
        "Đã xong 60 trong 10.000 tài liệu · 20 tài liệu mỗi giây · còn khoảng 8 phút",
    ]


def test_the_forecast_forgets_what_is_long_past():
    """A slow beginning, as while a service waits for its user, says nothing of the rest."""
    _, shown, *_ = progress((0, 0, 1000), (60, 1, 1000), (1, 20, 1000), (2, 61, 1000))

    assert shown[-1].endswith("20 tài liệu mỗi giây · còn khoảng 45 giây")


def test_what_stands_still_has_no_forecast():
    _, shown, *_ = progress((0, 5, 1000), (5, 5, 1000))

    assert shown[-1] == "Đã xong 5 trong 1.000 tài liệu"


def test_a_screen_reader_hears_every_quarter():
    said, *_ = progress(*((0.1, n, 400) for n in range(401)))

    assert said == [f"Đã xong {n} trong 400 tài liệu" for n in (100, 200, 300, 400)]
