"""The window's process, where there is no display to show it on."""

import os
import subprocess
import sys

from webui.window import URL


def test_a_ticket_is_not_printed_for_others_to_take():
    without = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
    done = subprocess.run(
        [sys.executable, "-m", "webui.window"],
        env=without | {URL: "http://127.0.0.1:8620/#ticket=abc"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "http://127.0.0.1:8620/\n"
