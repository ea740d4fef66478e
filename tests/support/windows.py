"""`WindowPrompts` whose windows are real and whose user does as told (tests/support/qt_user.py)."""

import sys

from agent.consent.window_prompts import WindowPrompts
from protocol.limits import PROMPT_SECONDS

_USER = "tests.support.qt_user"


def prompts_with_user(*steps: str, seconds: float = PROMPT_SECONDS) -> WindowPrompts:
    """For windows on the `offscreen` platform or a display, as QT_QPA_PLATFORM says."""
    return WindowPrompts(command=(sys.executable, "-m", _USER, *steps), prompt_seconds=seconds)
