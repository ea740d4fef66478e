"""The window's end of the pipe to the agent.

The pipe is standard output's descriptor, moved away at start so that nothing a library prints can
ever be mistaken for an answer.
"""

import io
import os
import sys
import threading

import msgspec
from PySide6.QtCore import QObject, Signal

from agent.consent.window_messages import Answer, Command, decode_command, encode
from agent.pin import wipe


class Pipe(QObject):
    """Commands arrive as signals in Qt's thread; `closed` when the agent has gone."""

    arrived = Signal(object)
    closed = Signal()

    def __init__(self, commands: io.RawIOBase, answers: int) -> None:
        super().__init__()
        self._commands = io.BufferedReader(commands)
        self._answers = answers

    @classmethod
    def of_this_process(cls) -> "Pipe":
        """Take over standard input and output; what is printed goes to standard error."""
        answers = os.dup(1)
        os.dup2(2, 1)
        return cls(io.FileIO(sys.stdin.fileno(), "rb", closefd=False), answers)

    def first(self) -> Command | None:
        """Block for the question; None when there is none. Raises msgspec.MsgspecError."""
        line = self._commands.readline()
        return decode_command(line) if line else None

    def listen(self) -> None:
        """Deliver everything after the first command."""
        threading.Thread(target=self._listen, name="agent-commands", daemon=True).start()

    def send(self, answer: Answer, pin: bytearray | None = None) -> None:
        """Write one answer; `pin` follows it raw and is overwritten."""
        try:
            os.write(self._answers, encode(answer))
            if pin is not None:
                os.write(self._answers, pin)
        except OSError:
            self.closed.emit()
        finally:
            if pin is not None:
                wipe(pin)

    def _listen(self) -> None:
        try:
            for line in self._commands:
                self.arrived.emit(decode_command(line))
        except (OSError, ValueError, msgspec.MsgspecError):
            pass
        self.closed.emit()
