"""The terminal that the agent was started from, as something that can be asked.

Reading is cancellable, what was typed before the question does not answer it, and a secret is
neither echoed nor copied: it is read into one buffer of ours.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self, TextIO

if sys.platform != "win32":
    import termios

#: What a terminal gathers in one line (N_TTY of Linux).
_MOST_BYTES: Final = 4096


class Terminal:
    """A POSIX terminal. On Windows there is always a desktop to ask on."""

    def __init__(self, keyboard: int, screen: TextIO) -> None:
        self._keyboard = keyboard
        self._screen = screen

    @classmethod
    def of_this_process(cls) -> Self | None:
        """None when there is no terminal, or the agent runs in its background."""
        if sys.platform == "win32" or sys.stdin is None or not sys.stdin.isatty():
            return None
        terminal = cls(sys.stdin.fileno(), sys.stderr)
        return terminal if terminal.is_ours else None

    @property
    def is_ours(self) -> bool:
        """Whether keys typed now come to us; a background job that reads would be stopped."""
        try:
            return os.tcgetpgrp(self._keyboard) == os.getpgrp()
        except OSError:
            return False

    def say(self, text: str = "") -> None:
        self._screen.write(text + "\n")
        self._screen.flush()

    async def line(self, question: str) -> str:
        """What was typed, trimmed; "" also when the terminal has gone."""
        self._ask(question)
        return bytes(await self._read()).decode("utf-8", "replace").strip()

    async def secret(self, question: str) -> bytearray:
        """What was typed without echo; the caller must overwrite it."""
        with self._without_echo():
            self._ask(question)
            typed = await self._read()
        self.say()
        del typed[len(typed.rstrip(b"\r\n")) :]
        return typed

    def _ask(self, question: str) -> None:
        if sys.platform != "win32":
            # Keys meant for something else are no answer (threat T24).
            termios.tcflush(self._keyboard, termios.TCIFLUSH)
        self._screen.write(question)
        self._screen.flush()

    async def _read(self) -> bytearray:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._keyboard, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._keyboard)
        typed = bytearray(_MOST_BYTES)
        try:
            count = os.readv(self._keyboard, [typed])
        except OSError:
            count = 0
        del typed[count:]
        return typed

    @contextmanager
    def _without_echo(self) -> Iterator[None]:
        if sys.platform == "win32":
            raise NotImplementedError("there is always a desktop")
        before = termios.tcgetattr(self._keyboard)
        silent = termios.tcgetattr(self._keyboard)
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(self._keyboard, termios.TCSADRAIN, silent)
        try:
            yield
        finally:
            termios.tcsetattr(self._keyboard, termios.TCSADRAIN, before)
