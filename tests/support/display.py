"""A screen for windows that must be real: Xvfb on a free number, gone when the context ends."""

import ctypes
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


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 24),  # an XEvent is as large as the largest of its kinds
    )


def ask_to_close(display: str, window: int) -> None:
    """WM_DELETE_WINDOW, which a window manager would send; xdotool learnt it only lately."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    connection = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    message = _ClientMessage(type=33, window=window, format=32)  # ClientMessage
    message.message_type = x11.XInternAtom(connection, b"WM_PROTOCOLS", 0)
    message.data[0] = x11.XInternAtom(connection, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(connection, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(connection)
