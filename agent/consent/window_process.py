"""One window process: started for one question, spoken to over its pipes, gone with the question.

1. Nothing of a question travels in arguments or the environment, and the PIN comes back over the
   pipe into one buffer of ours, which is overwritten.
2. Whatever the process does that it may not do (crash, nonsense, an answer out of order) ends the
   conversation: `receive` then answers None for ever, which callers treat as a refusal.
3. The process ends when its standard input ends, so it cannot outlive the agent.
"""

import asyncio
import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

import agent
from agent.consent.window_messages import (
    MAX_ANSWER_BYTES,
    MAX_OTP_BYTES,
    MAX_PIN_BYTES,
    Answer,
    Approved,
    Command,
    OtpGiven,
    decode_answer,
    encode,
)
from agent.pin import Pin, wipe

_log = logging.getLogger(__name__)

#: How a window is started. An installed bundle passes its own program instead.
WINDOW_COMMAND: Final = (sys.executable, "-m", "agent.consent.windows")

#: Where the child finds `agent`, whatever the agent's own working directory is: `-m` puts the
#: working directory first on the path, and a stranger's folder must never be there.
_HOME: Final = Path(agent.__file__).parent.parent

_GRACE_SECONDS: Final = 0.5


class WindowProcess:
    """Use as `async with await WindowProcess.start(question) as window`."""

    def __init__(self, process: asyncio.subprocess.Process, answers: int) -> None:
        self._process = process
        self._inbox: asyncio.Queue[tuple[Answer, Pin | None] | None] = asyncio.Queue()
        self._over = False
        self._loop = asyncio.get_running_loop()
        self._reader = threading.Thread(
            target=self._read_all, args=(answers,), name="window-answers", daemon=True
        )
        self._reader.start()

    @classmethod
    async def start(cls, question: Command, *, command: Sequence[str] = WINDOW_COMMAND) -> Self:
        """Raises OSError when the process cannot be started."""
        ours, theirs = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=theirs,
                cwd=_HOME,
                # Windows: the question is a window of ours, not a console beside it.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        window = cls(process, ours)
        window.send(question)
        return window

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def send(self, command: Command) -> None:
        """Never blocks and never fails: a window that has gone is noticed by `receive`."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(encode(command))

    async def receive(self) -> tuple[Answer, Pin | None] | None:
        """The window's next word, with the PIN if it carries one; None once it has gone."""
        if self._over:
            return None
        received = await self._inbox.get()
        self._over = received is None
        return received

    async def close(self) -> None:
        """Close the window, at once and however it behaves; erase what was not collected."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            # Also when we are cancelled: no window stays behind a question that is over.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._over = True
            while not self._inbox.empty():
                _erase(self._inbox.get_nowait())
        await self._process.wait()
        await asyncio.to_thread(self._reader.join)

    def _read_all(self, answers: int) -> None:
        """Runs in its own thread: only a blocking read can fill a buffer that we own."""
        with io.FileIO(answers, "rb") as pipe:
            reader = AnswerReader(pipe)
            try:
                while (received := reader.next()) is not None:
                    self._deliver(received)
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                _log.warning("the window broke its protocol: %s", type(error).__name__)
            finally:
                reader.erase()
                self._deliver(None)

    def _deliver(self, received: tuple[Answer, Pin | None] | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived, received)
        except RuntimeError:  # the loop has ended; nobody is asking any more
            _erase(received)

    def _arrived(self, received: tuple[Answer, Pin | None] | None) -> None:
        if self._over:
            _erase(received)
        else:
            self._inbox.put_nowait(received)


def _erase(received: tuple[Answer, Pin | None] | None) -> None:
    if received is not None and received[1] is not None:
        received[1].erase()


class AnswerReader:
    """Lines and PINs out of a byte stream, through one buffer that is wiped behind each PIN."""

    def __init__(self, pipe: io.RawIOBase) -> None:
        self._pipe = pipe
        self._buffer = bytearray(MAX_ANSWER_BYTES)
        self._filled = 0

    def next(self) -> tuple[Answer, Pin | None] | None:
        """Block for one answer; None at the end.

        Raises ValueError for a line too long or a PIN that cannot be one, msgspec.MsgspecError for
        anything that is not an answer, OSError.
        """
        while (end := self._buffer.find(b"\n", 0, self._filled)) < 0:
            if not self._fill():
                return None
        answer = decode_answer(memoryview(self._buffer)[:end])
        self._drop(end + 1)
        match answer:
            case Approved(pin_bytes=int(count)):
                most = MAX_PIN_BYTES
            case OtpGiven(pin_bytes=count):
                most = MAX_OTP_BYTES
            case _:
                return answer, None
        if not 0 < count <= most:
            raise ValueError("not the length of a PIN")
        while self._filled < count:
            if not self._fill():
                return None
        pin = Pin(self._buffer[:count])
        self._drop(count)
        return answer, pin

    def erase(self) -> None:
        wipe(self._buffer)
        self._filled = 0

    def _fill(self) -> bool:
        with memoryview(self._buffer) as whole, whole[self._filled :] as free:
            if not free:
                raise ValueError("a line without end")
            count = self._pipe.readinto(free)
        self._filled += count or 0
        return bool(count)

    def _drop(self, count: int) -> None:
        """Forget the first `count` bytes, overwriting what is behind the rest."""
        rest = self._filled - count
        with memoryview(self._buffer) as whole:
            whole[:rest] = whole[count : self._filled]
            whole[rest : self._filled] = bytes(count)
        self._filled = rest
