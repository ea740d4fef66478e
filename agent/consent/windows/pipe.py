"""The end of the pipe to the agent that a Qt process holds; the tray has one too.

The pipe is standard output's descriptor, moved away at start so that nothing a library prints can
ever be mistaken for an answer.
"""

import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Self

import msgspec
from PySide6.QtCore import QObject, Signal

from agent.consent.window_messages import decode_command
from agent.pin import wipe

_STANDARD_INPUT, _STANDARD_OUTPUT, _STANDARD_ERROR = range(3)


class Pipe(QObject):
    """Commands arrive as signals in Qt's thread; `closed` when the agent has gone."""

    arrived = Signal(object)
    closed = Signal()

    def __init__(
        self,
        commands: io.RawIOBase,
        answers: int,
        *,
        decode: Callable[[bytes], Any] = decode_command,
    ) -> None:
        super().__init__()
        self._commands = io.BufferedReader(commands)
        self._answers = answers
        self._decode = decode

    @classmethod
    def of_this_process(cls, *, decode: Callable[[bytes], Any] = decode_command) -> Self:
        """Take over standard input and output; what is printed goes to standard error."""
        answers = os.dup(_STANDARD_OUTPUT)
        # An agent without a console has no standard error to lend.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(_STANDARD_ERROR if sys.stderr is not None else nowhere, _STANDARD_OUTPUT)
        os.close(nowhere)
        commands = io.FileIO(_STANDARD_INPUT, "rb", closefd=False)
        return cls(commands, answers, decode=decode)

    def first(self) -> Any:
        """Block for the question; None when there is none. Raises msgspec.MsgspecError."""
        line = self._commands.readline()
        return self._decode(line) if line else None

    def listen(self) -> None:
        """Deliver everything after the first command."""
        threading.Thread(target=self._listen, name="agent-commands", daemon=True).start()

    def send(self, answer: msgspec.Struct, pin: bytearray | None = None) -> None:
        """Write one answer; `pin` follows it raw and is overwritten."""
        try:
            os.write(self._answers, msgspec.json.encode(answer) + b"\n")
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
                self.arrived.emit(self._decode(line))
        except (OSError, ValueError, msgspec.MsgspecError):
            pass
        self.closed.emit()
