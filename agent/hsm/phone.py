"""The transactions of one conversation that wait for their user on the phone.

    pending = waiting.begin(handle, authorisation)
    handle, authorisation = waiting.of(pending)       # at each poll
    return waiting.still(pending)                     # not answered yet

A service's handle may be as good as the signature itself, so it stays here; `Pending` names it by a
name of ours. Nobody is waited for longer than the provider's own time, whatever the service says.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.errors import UserError
from agent.hsm.provider import Authorisation, Pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    handle: str
    authorisation: Authorisation
    until: float


class Waiting:
    """`seconds` that a user has, and seconds between questions (`poll_after`)."""

    def __init__(
        self, *, seconds: float, poll_after: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._poll_after = poll_after
        self._clock = clock
        self._waited: dict[str, Waited] = {}

    def begin(
        self, handle: str, authorisation: Authorisation, *, poll_after: float | None = None
    ) -> Pending:
        name = secrets.token_hex(8)
        until = self._clock() + self._seconds
        self._waited[name] = Waited(handle=handle, authorisation=authorisation, until=until)
        first = self._poll_after if poll_after is None else poll_after
        return Pending(transaction=name, seconds=self._seconds, poll_after=first)

    def of(self, pending: Pending) -> Waited:
        """Raises UserError phone_timeout for one that is over."""
        waited = self._waited.get(pending.transaction)
        if waited is None:
            raise UserError("phone_timeout")
        return waited

    def still(self, pending: Pending) -> Pending:
        """Raises UserError phone_timeout when the time is up."""
        left = self.of(pending).until - self._clock()
        if left <= 0:
            self.end(pending)
            raise UserError("phone_timeout")
        return Pending(
            transaction=pending.transaction, seconds=left, poll_after=min(self._poll_after, left)
        )

    def end(self, pending: Pending) -> None:
        self._waited.pop(pending.transaction, None)
