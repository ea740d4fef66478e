"""A site that was refused may not open the question again and again until the user gives in."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from protocol.errors import ProtocolError

#: So many refusals within so many seconds, and the site must wait until the first has passed.
REFUSALS: Final = 3
WITHIN_SECONDS: Final = 60.0
#: Origins remembered; the one that was refused longest ago is forgotten first.
_MAX_ORIGINS: Final = 256


class Nagging:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refusals: dict[str, deque[float]] = {}

    def judge(self, origin: str) -> None:
        """Raises ProtocolError rate_limited."""
        times = self._refusals.get(origin, ())
        recent = [t for t in times if self._clock() - t < WITHIN_SECONDS]
        if len(recent) >= REFUSALS:
            raise ProtocolError("rate_limited", origin=origin)

    def refused(self, origin: str) -> None:
        times = self._refusals.pop(origin, deque(maxlen=REFUSALS))
        times.append(self._clock())
        self._refusals[origin] = times
        if len(self._refusals) > _MAX_ORIGINS:
            del self._refusals[next(iter(self._refusals))]
