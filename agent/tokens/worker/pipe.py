"""The worker's ends of its two pipes, kept out of the reach of what it loads."""

import os
import signal
import sys
from typing import Self

from agent.pin import wipe
from agent.tokens.calls import (
    HEADER,
    MAX_PIN,
    Answer,
    Garbled,
    Question,
    frame,
    frame_length,
    read_question,
)


class HostGone(Exception):  # noqa: N818 (it reads as what happened)
    """End of file: the agent has ended or wants this worker to end."""


class Pipe:
    """Frames over two descriptors. Raises HostGone and Garbled."""

    def __init__(self, reads: int, writes: int) -> None:
        self._stream = open(reads, "rb", buffering=0)  # noqa: SIM115 - as long as the process
        self._writes = writes

    @classmethod
    def take_standard_streams(cls) -> Self:
        """Keep private copies of stdin and stdout, and leave nothing of them to others.

        A vendor's module may print, or start helpers that inherit descriptors 0 to 2: from here on
        0 is empty and 1 leads to stderr, and the copies are not inherited.
        """
        pipe = cls(os.dup(0), os.dup(1))
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        os.dup2(2, 1)
        if sys.platform == "win32":
            import msvcrt

            for descriptor in (pipe._stream.fileno(), pipe._writes):
                msvcrt.setmode(descriptor, os.O_BINARY)
        # Ctrl-C in the agent's terminal reaches its children too; they end by end of file.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return pipe

    def receive(self) -> Question:
        length = frame_length(self._exactly(HEADER.size))
        return read_question(self._exactly(length))

    def receive_pin(self) -> bytearray:
        """The frame after a `Login` that announces it; the caller overwrites it."""
        return self._exactly(frame_length(self._exactly(HEADER.size), limit=MAX_PIN))

    def send(self, answer: Answer) -> None:
        rest = memoryview(frame(answer))
        while rest:
            try:
                rest = rest[os.write(self._writes, rest) :]
            except BrokenPipeError as error:
                raise HostGone from error

    def _exactly(self, size: int) -> bytearray:
        """Read into a buffer of our own: `os.read` would leave copies that cannot be wiped."""
        buffer = bytearray(size)
        view = memoryview(buffer)
        done = 0
        while done < size:
            count = self._stream.readinto(view[done:])
            if not count:
                view.release()
                wipe(buffer)
                raise HostGone
            done += count
        return buffer


__all__ = ["Garbled", "HostGone", "Pipe"]
