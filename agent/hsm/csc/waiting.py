"""What a session waits for, and the name under which `poll` asks for it.

authorise ──┬─ Authorisation (SAD) ───────────────┬─ signHash ──┬─ signatures
            ├─ Unasked ── first poll: authorize ──┤             └─ Signing ── signPolling ─┐
            └─ Underway ── authorizeCheck ────────┘                  └────────────────────┘
"""

import secrets
from dataclasses import dataclass
from typing import Final

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

    handle: str
    poll_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The service is making the signatures; `response_id` is for asking for them."""

    authorisation: Authorisation
    response_id: str
    poll_after: float


Thing = Unasked | Underway | Signing


class Waiting:
    def __init__(self) -> None:
        self._things: dict[str, Thing] = {}

    def keep(self, thing: Thing) -> Pending:
        # A name of ours, since the service's may be long and as good as a key.
        name = secrets.token_hex(8)
        self._things[name] = thing
        return Pending(
            transaction=name,
            seconds=PATIENCE_SECONDS,
            poll_after=0.0 if isinstance(thing, Unasked) else thing.poll_after,
        )

    def take(self, pending: Pending) -> Thing | None:
        return self._things.pop(pending.transaction, None)


def poll_after(answer: Answer) -> float:
    """Seconds, by the Retry-After of an answer; one that is a date (RFC 9110 §10.2.3) says little
    for a wait of seconds, and is not read.
    """
    text = answer.headers.get("Retry-After", "").strip()
    plain = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return min(max(float(text) if plain else 0.0, POLL_SECONDS), _MOST_POLL_SECONDS)
