"""Where documents of connections lie: private files, and a little memory for the small ones.

    <data>/spool/<connection>/…     folders 0700, files 0600, gone with their connection

What an agent that was killed has left is removed when the next one starts. All blocking work on
documents, hashing too, is done by threads of their own, so that a page with gigabytes holds up
neither the event loop nor the threads that everybody else uses.
"""

import asyncio
import errno
import logging
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from agent.errors import UserError
from agent.full_disk import FULL
from agent.platforms.directories import make_private

_log: Final = logging.getLogger(__name__)

T = TypeVar("T")

#: Of all connections together; beyond it small documents lie in files too.
MEMORY_BYTES: Final = 64 * 1024 * 1024
#: What is left of the disk for everybody else.
SPARED_BYTES: Final = 256 * 1024 * 1024
_THREADS: Final = 4
_READERS: Final = 2
#: Windows would write line ends of its own otherwise.
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


class Spool:
    """One for the whole agent. `directory` is created for the first document."""

    def __init__(self, directory: Path, *, memory: int = MEMORY_BYTES) -> None:
        self._directory = directory
        self._memory = memory
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")
        #: For what takes long, so that it does not hold up what comes.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="spool-read")
        self._left_over: set[Path] = set()

    def clean(self) -> None:
        """Nothing of an earlier agent stays. Raises OSError, DirectoryUnsafe."""
        if self._directory.exists():
            make_private(self._directory)
            for stale in self._directory.iterdir():
                _remove(stale)

    def folder(self) -> "Folder":
        """For a connection; it is made when it is needed."""
        return Folder(self, self._made)

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """In one of the threads."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def read(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """As `run`, for what may take minutes."""
        return asyncio.get_running_loop().run_in_executor(self._readers, work)

    def reserve(self, size: int) -> bool:
        """Whether there is memory for it; to be given back by `release`."""
        if size > self._memory:
            return False
        self._memory -= size
        return True

    def release(self, size: int) -> None:
        self._memory += size

    def judge_room(self, size: int) -> None:
        """Blocks. Raises UserError storage_full, OSError."""
        if shutil.disk_usage(self._made()).free < size + SPARED_BYTES:
            raise UserError("storage_full")

    def remove(self, folder: Path) -> None:
        """With all that is in it. Blocks.

        Somebody may still be at work there who was not waited for: under another name nothing new
        can come into the folder, and what cannot be removed yet is tried again later.
        """
        gone = folder.with_name(f".{folder.name}")
        try:
            folder.rename(gone)
        except OSError:
            gone = folder  # Windows, where a file in it is open
        self._left_over = {one for one in {*self._left_over, gone} if not _removed(one)}

    def close(self) -> None:
        """Waits for what runs."""
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._threads.shutdown(wait=True)
        try:
            self.clean()
        except OSError as error:
            _log.warning("documents of connections are left: %s", error)

    def _made(self) -> Path:
        make_private(self._directory)
        return self._directory


class Folder:
    """Private, made at the first use; for any thread. After `discard` nothing can be made in it."""

    def __init__(self, spool: Spool, parent: Callable[[], Path]) -> None:
        self._spool = spool
        self._parent = parent
        self._path: Path | None = None
        self._gone = False
        self._lock = threading.Lock()

    @property
    def is_made(self) -> bool:
        return self._path is not None

    def path(self) -> Path:
        """Blocks. Raises OSError, DirectoryUnsafe."""
        with self._lock:
            if self._gone:
                raise FileNotFoundError(errno.ENOENT, "the connection has ended")
            if self._path is None:
                self._path = Path(tempfile.mkdtemp(dir=self._parent()))
            return self._path

    def new_file(self, *, size: int = 0) -> Path:
        """A name in it that is free, where there is room for so much. Blocks.

        Raises UserError storage_full, OSError, DirectoryUnsafe.
        """
        if size:
            self._spool.judge_room(size)
        return self.path() / secrets.token_hex(8)

    def inner(self) -> "Folder":
        return Folder(self._spool, self.path)

    def discard(self) -> None:
        """With all that is in it. Blocks."""
        with self._lock:
            self._gone = True
            if self._path is not None:
                self._spool.remove(self._path)


class Pace:
    """How far a thread is that reads something large, and whether anybody waits for it still."""

    def __init__(self, total: int = 0) -> None:
        self.done = 0
        self.total = total
        self.stopped = False

    def step(self, count: int) -> None:
        """Raises Stopped."""
        if self.stopped:
            raise Stopped
        self.done += count


class Stopped(Exception):  # noqa: N818 - the normal end of what nobody waits for
    pass


def new_file(path: Path) -> int:
    """A descriptor to write to a file that is not there yet, for this user alone."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)


def said(error: OSError) -> UserError | OSError:
    """A full disk, as the user is told of it."""
    return UserError("storage_full") if error.errno in FULL else error


def _removed(path: Path) -> bool:
    try:
        _remove(path)
    except OSError:
        return False
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
