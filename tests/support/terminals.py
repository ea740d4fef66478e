"""A person at the other end of a pseudo-terminal that the agent asks in."""

import contextlib
import os
from collections.abc import Iterator

from agent.consent.terminal import Terminal
from agent.consent.terminal_prompts import TerminalPrompts
from tests.support.waiting import eventually


class OurTerminal(Terminal):
    """The tests' own controlling terminal, if any, is another one."""

    is_ours = True


class Person:
    """Sits at the other end of the pseudo-terminal."""

    def __init__(self, far):
        self.far = far
        self.screen = ""
        os.set_blocking(far, False)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            self.screen += os.read(self.far, 65536).decode("utf-8", "replace")
        return self.screen

    async def sees(self, words, *, times=1):
        await eventually(lambda: self.read().count(words) >= times, f"{words!r} on the screen")

    def types(self, text):
        os.write(self.far, text.encode())


@contextlib.contextmanager
def ask_in_a_terminal() -> Iterator[Person]:
    far, near = os.openpty()
    with os.fdopen(near, "w", closefd=False) as screen:
        person = Person(far)
        person.terminal = OurTerminal(near, screen)
        person.prompts = TerminalPrompts(person.terminal, prompt_seconds=20)
        yield person
    os.close(near)
    os.close(far)
