"""One agent per user: a lock on a file, which the system releases however the process ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCK_FILE: Final = "agent.lock"


class AlreadyRunning(Exception):  # noqa: N818 - a statement, not a defect
    """Another agent of this user holds the lock."""


@contextmanager
def single_instance(runtime: Path) -> Iterator[None]:
    """Hold the lock. Raises AlreadyRunning."""
    descriptor = os.open(runtime / _LOCK_FILE, os.O_CREAT | os.O_RDWR | _CLOEXEC, 0o600)
    try:
        if not _lock(descriptor):
            raise AlreadyRunning
        yield
    finally:
        os.close(descriptor)


def is_running(runtime: Path) -> bool:
    """Whether an agent of this user runs now, however its runtime file looks."""
    try:
        with single_instance(runtime):
            return False
    except AlreadyRunning:
        return True
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    _CLOEXEC: Final = os.O_NOINHERIT

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    _CLOEXEC: Final = os.O_CLOEXEC

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
