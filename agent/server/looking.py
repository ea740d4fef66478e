"""How often signing services are asked about accounts that are not kept yet.

Only our own window may ask. Should it ever ask for somebody else, it must not be of use for trying
passwords, or for finding out what answers in the user's network.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from agent.server.client import Client
from protocol.errors import ProtocolError
from protocol.limits import MAX_LOOKS_PER_MINUTE

_WITHIN_SECONDS: Final = 60.0


class Looking:
    """Counts for the whole agent; a connection looks up one account at a time."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: deque[float] = deque(maxlen=MAX_LOOKS_PER_MINUTE)

    @contextmanager
    def counted(self, client: Client) -> Iterator[None]:
        """Raises ProtocolError too_many_pending, too_many_looks (details: seconds)."""
        if client.looking:
            raise ProtocolError("too_many_pending", limit=1)
        now = self._clock()
        if len(self._begun) == MAX_LOOKS_PER_MINUTE and now - self._begun[0] < _WITHIN_SECONDS:
            seconds = math.ceil(_WITHIN_SECONDS - (now - self._begun[0]))
            raise ProtocolError("too_many_looks", seconds=seconds)
        self._begun.append(now)
        client.looking = True
        try:
            yield
        finally:
            client.looking = False
