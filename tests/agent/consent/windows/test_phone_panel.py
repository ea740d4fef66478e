"""The countdown, with a clock that the test turns; Qt is in a process of its own."""

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
from agent.consent.windows import phone_panel, samples

now = 1000.0
phone_panel.time.monotonic = lambda: now
app = QApplication(["test"])
panel = phone_panel.PhonePanel(Texts("vi"), samples.SERVICE, "Hồ sơ.xml")
said, shown, names = [], [], []
tell, panel._say = panel._say, lambda text: (said.append(text), tell(text))
for seconds, ticks in json.loads(sys.argv[1]):
    panel.wait(seconds)
    for _ in range(ticks):
        now += 0.5
        panel._tick()
        shown.append(panel.clock.text())
        names.append(panel.clock.accessibleName())
print(json.dumps([said, shown, names, panel.note.text()]))
"""


def countdown(*waits):
    """What it says, shows, and calls its clock, half a second a step."""
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(waits)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


def test_a_screen_reader_hears_it_at_the_start_at_a_few_moments_and_at_the_end():
    said, shown, names, note = countdown((180.0, 365))

    start, *others = said
    assert start.startswith("Hãy xác nhận trên điện thoại. Mở ứng dụng Sao Mai Remote Signing")
    assert start.endswith("Hồ sơ.xml. Thời gian còn lại 03:00")
    assert others == [
        "Thời gian còn lại 02:00",
        "Thời gian còn lại 01:00",
        "Thời gian còn lại 00:30",
        "Thời gian còn lại 00:10",
        "Đã hết thời gian xác nhận. Đang hỏi lại dịch vụ lần cuối…",
    ]
    # The clock that eyes see changes every second; its name, which is read aloud, does not.
    assert len(set(shown)) == 181
    assert len(set(names)) == 6
    assert shown[-1] == "00:00"
    assert note == others[-1]


def test_it_goes_on_with_what_the_service_now_says_is_left():
    said, shown, _, note = countdown((300.0, 2), (90.0, 2), (95.0, 0))

    assert len(said) == 1, "begun once"
    assert shown == ["05:00", "04:59", "01:30", "01:29"]
    assert note == "Nếu điện thoại hiện tên khác, đừng xác nhận: hãy bấm Hủy tại đây."
