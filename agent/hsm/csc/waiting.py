"""What a session waits for, and the name under which `poll` asks for it.

authorise ──┬─ Authorisation (SAD) ───────────────┬─ signHash ──┬─ signatures
            ├─ Unasked ── first poll: authorize ──┤             └─ Signing ── signPolling ─┐
            └─ Underway ── authorizeCheck ────────┘                  └────────────────────┘
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agent.errors import UserError
from agent.hsm.csc.dialect import Leave
from agent.hsm.door import Answer
from agent.hsm.provider import Authorisation, Pending

#: The API does not say how long a service waits for its user; this is how long we do.
PATIENCE_SECONDS: Final = 180.0
#: Between questions, unless the service says otherwise (Retry-After), and then within reason.
POLL_SECONDS: Final = 2.0
_MOST_POLL_SECONDS: Final = 30.0
_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked(Authorisation):
    """To ask for leave is to wait until the user has decided, so the asking is left to `poll`."""

    leave: Leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway(Authorisation):
    """The user has been asked; `handle` is for asking what they said."""

    handle: str = field(repr=False)
    poll_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The service is making the signatures; `response_id` is for asking for them."""

    authorisation: Authorisation
    response_id: str = field(repr=False)
    poll_after: float


Thing = Unasked | Underway | Signing


class Waiting:
    """A wait keeps its name and its end, however often the thing waited for changes."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._things: dict[str, Thing] = {}

    def begin(self, thing: Thing) -> Pending:
        # A name of ours, since the service's may be long and as good as a key.
        name = secrets.token_hex(8)
        self._until[name] = self._clock() + PATIENCE_SECONDS
        return self._told(name, thing)

    def of(self, pending: Pending) -> Thing:
        """To ask how it stands may be tried again; what has effects is handed out once.

        Raises UserError phone_timeout for a wait that is over, given up, or spent.
        """
        thing = self._things.get(pending.transaction)
        if thing is None or self._left(pending.transaction) <= 0:
            self.end(pending)
            raise UserError("phone_timeout")
        if isinstance(thing, Unasked):
            self.spend(pending)
        return thing

    def spend(self, pending: Pending) -> None:
        """What was waited for has come, and must not be had a second time."""
        self._things.pop(pending.transaction, None)

    def still(self, pending: Pending, thing: Thing) -> Pending:
        """Raises UserError phone_timeout when the time is up, whatever the service says."""
        if self._left(pending.transaction) <= 0:
            self.end(pending)
            raise UserError("phone_timeout")
        return self._told(pending.transaction, thing)

    def end(self, pending: Pending) -> None:
        self._until.pop(pending.transaction, None)
        self._things.pop(pending.transaction, None)

    def _left(self, name: str) -> float:
        return self._until.get(name, 0.0) - self._clock()

    def _told(self, name: str, thing: Thing) -> Pending:
        self._things[name] = thing
        left = self._left(name)
        after = 0.0 if isinstance(thing, Unasked) else min(thing.poll_after, left)
        return Pending(transaction=name, seconds=left, poll_after=after)


def poll_after(answer: Answer) -> float:
    """Seconds, by the Retry-After of an answer; one that is a date (RFC 9110 §10.2.3) says little
    for a wait of seconds, and is not read.
    """
    text = answer.headers.get("Retry-After", "").strip()
    plain = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return min(max(float(text) if plain else 0.0, POLL_SECONDS), _MOST_POLL_SECONDS)
