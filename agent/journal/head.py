"""The head file: up to which entry the journal is known to be on the disk, and that entry's hash.

It shows entries that were cut off at the end, which the chain alone cannot. It is one line in one
sector of the disk, written over in place and synced, so that a power failure leaves the old line or
the new one. It only ever goes forward.
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.journal.broken import JournalBroken
from agent.journal.entries import GENESIS
from agent.platforms.files import locked

_MOST_BYTES: Final = 512
#: Version 1 wrote the number without zeros before it.
_LINE: Final = re.compile(rb"([0-9]{1,20}) ([0-9a-f]{64})\n")


class Head:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[int, bytes]:
        """(0, GENESIS) if there is none. Raises JournalBroken."""
        with locked(self._path):
            return self._read()

    def advance(self, number: int, digest: bytes, *, fits: Callable[[int, bytes], bool]) -> None:
        """Entry `number` and all before it are on the disk.

        A line that does not fit the journal stays. Raises JournalBroken for such a one, OSError.
        """
        with locked(self._path):
            found = self._read()
            if not fits(*found):
                raise JournalBroken(found[0], "the head file does not fit")
            if found[0] >= number:
                return  # another program's line
            new = not self._path.exists()
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | _BINARY, 0o600)
            try:
                os.write(descriptor, f"{number:020} {digest.hex()}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                _sync_folder(self._path.parent)

    def _read(self) -> tuple[int, bytes]:
        try:
            with self._path.open("rb") as file:
                line = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return 0, GENESIS
        found = _LINE.fullmatch(line)
        if found is None:
            raise JournalBroken(0, "the head file is damaged")
        return int(found[1]), bytes.fromhex(found[2].decode())


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)  # Windows' own; elsewhere files are octets


def _sync_folder(folder: Path) -> None:
    """So that a new file's name is on the disk too; Windows sees to that itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
