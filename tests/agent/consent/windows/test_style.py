import subprocess
import sys

import pytest

# The colours are values of a module that imports Qt; importing draws nothing.
from agent.consent.windows.style import DARK, LIGHT

TEXT_ON = [
    ("text", "window"),
    ("text", "card"),
    ("text", "field"),
    ("muted", "window"),
    ("muted", "card"),
    ("accent", "card"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("warn_text", "warn"),
    ("warn_text", "card"),
    ("warn_text", "window"),
    ("danger_text", "danger"),
    ("danger_text", "window"),
    ("good_text", "card"),
    ("off_text", "window"),
    ("text", "picked"),
    ("muted", "picked"),
    ("muted", "field"),
    ("warn_text", "picked"),
    ("warn_text", "field"),
]


def luminance(colour):
    """WCAG 2.2, relative luminance of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_is_readable_on_its_ground(colours, text, ground):
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    over, under = sorted(
        [luminance(getattr(colours, text)), luminance(getattr(colours, ground))], reverse=True
    )

    assert (over + 0.05) / (under + 0.05) >= 4.5


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_this_qt_does_not_wear_out_none():
    """PySide6 6.12.0 drops a reference to None at every call under Python 3.11, and crashes."""
    script = """
import sys
from PySide6.QtCore import QObject
thing, before = QObject(), sys.getrefcount(None)
for _ in range(1000):
    thing.setObjectName("x")
print(before - sys.getrefcount(None))
"""
    lost = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert int(lost) < 100
