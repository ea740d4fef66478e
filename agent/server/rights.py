"""What a connection may do, and the two secrets by which our own programs get more.

    native token   in a file only the user can read; whoever shows it is a program of this user
    ticket         asked for by such a program, for the page in the window it opens

A ticket is bound to one origin and good once, within a minute: it travels in a URL's fragment.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

TICKET_LIFETIME: Final = timedelta(seconds=60)
#: More are not kept: the oldest is forgotten first.
_MAX_TICKETS: Final = 16


class NativeToken:
    """The secret of this run of the agent."""

    def __init__(self) -> None:
        self.value: Final = secrets.token_urlsafe(32)

    def matches(self, candidate: str) -> bool:
        return hmac.compare_digest(self.value.encode(), candidate.encode())

    def __repr__(self) -> str:
        return "NativeToken(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTicket:
    value: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    value: str
    origin: str
    expires_at: datetime


class Tickets:
    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._kept: list[_Kept] = []

    def issue(self, origin: str) -> IssuedTicket:
        """A ticket for the page at exactly `origin`."""
        kept = _Kept(secrets.token_urlsafe(32), origin, self._now() + TICKET_LIFETIME)
        self._kept = [*self._kept[-(_MAX_TICKETS - 1) :], kept]
        return IssuedTicket(value=kept.value, expires_at=kept.expires_at)

    def redeem(self, candidate: str, *, origin: str | None) -> bool:
        """Whether `candidate` is good for `origin`. It is used up even when it is not.

        A ticket that turns up at another origin has leaked, so nobody gets to use it.
        """
        now, good, rest = self._now(), False, []
        for kept in self._kept:
            # Every ticket is compared, so that time tells nothing about which one matched.
            if hmac.compare_digest(kept.value.encode(), candidate.encode()):
                good = kept.origin == origin and now < kept.expires_at
            elif now < kept.expires_at:
                rest.append(kept)
        self._kept = rest
        return good
