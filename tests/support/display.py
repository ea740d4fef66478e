"""A screen for windows that must be real: Xvfb on a free number, gone when the context ends."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def virtual_display(*, wanted: bool = True, size: str = "1366x768x24") -> Iterator[str | None]:
    """The display's name; None when not `wanted`. Skips the test where there is no Xvfb."""
    if not wanted:
        yield None
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        # -noreset: else the server starts anew, deaf for a moment, whenever its last window closes.
        [
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", size),
            *("-nolisten", "tcp", "-noreset"),
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            # Xvfb writes the number when it accepts clients, or closes the pipe when it cannot.
            number = answer.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
