"""Who was refused may not open the question again and again until the user gives in.

A site is counted by its origin, and all sites together, for whoever owns a domain has as many
origins as they like.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from protocol.errors import ProtocolError

WITHIN_SECONDS: Final = 60.0
#: So many refusals of one site within that time, or of all sites together, and it must wait.
REFUSALS: Final = 3
ALL_REFUSALS: Final = 6


class Nagging:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Only the latest ones can still count, so no more are kept.
        self._refusals: deque[tuple[float, str]] = deque(maxlen=ALL_REFUSALS)

    def judge(self, origin: str) -> None:
        """Raises ProtocolError rate_limited."""
        now = self._clock()
        recent = [who for when, who in self._refusals if now - when < WITHIN_SECONDS]
        if len(recent) >= ALL_REFUSALS or recent.count(origin) >= REFUSALS:
            raise ProtocolError("rate_limited", origin=origin)

    def refused(self, origin: str) -> None:
        self._refusals.append((self._clock(), origin))
