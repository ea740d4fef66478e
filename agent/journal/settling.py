"""When what is in the journal's file gets to the disk: at once or soon, and with others."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Final

_log: Final = logging.getLogger(__name__)

#: How long an entry may be in the file and not yet on the disk.
SETTLED_SECONDS: Final = 0.2


class Settler:
    """Calls `sync`, which syncs all that is in the file and says up to which entry that is.

    Whoever waits while another is syncing shares the next call with all others who wait.
    """

    def __init__(self, sync: Callable[[], int]) -> None:
        self._sync = sync
        self._syncing = threading.Lock()
        self._settled = 0
        self._lock = threading.Lock()  # of what follows
        self._timer: threading.Timer | None = None
        self._failed = False

    def now(self, number: int) -> None:
        """Entry `number` is on the disk when this returns. Raises what `sync` does."""
        with self._syncing:
            if number > self._settled:
                self._settled = self._sync()
                self._failed = False

    def soon(self, number: int) -> None:
        """Entry `number` will be within SETTLED_SECONDS.

        After that has failed once, it is `now`, so that a full disk is not promised upon.
        """
        if self._failed:
            self.now(number)
            return
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(SETTLED_SECONDS, self._due, (number,))
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """What was to be soon is done now, as far as it can be."""
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
            self._due(2**62)
            timer.join()

    def _due(self, number: int) -> None:
        with self._lock:
            self._timer = None  # what is written from here on has its own
        try:
            self.now(number)
        except (sqlite3.Error, OSError):
            self._failed = True
            _log.exception("the journal could not be synced")
