"""Small files that several processes of one user share: whole or not at all, one at a time."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 0.02


def replace(path: Path, data: bytes) -> None:
    """Write `path` anew, for its user alone (0600). A reader sees the old file or the new one.

    Raises OSError; then the old file is still there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes the file 0600, and in the same folder, so that the rename is atomic.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(data)
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, *, seconds: float = 10.0) -> Iterator[None]:
    """Nobody else who asks for the lock of `path` has it meanwhile. Blocks.

    Raises TimeoutError. The system lets the lock go however the process ends.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        end = time.monotonic() + seconds
        while not _lock(descriptor):
            if time.monotonic() > end:
                raise TimeoutError(f"{path} is in use")
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
