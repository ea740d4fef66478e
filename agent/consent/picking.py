"""Which files a dialog may hand over, whatever kind of dialog it was."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.consent.prompts import PickQuestion
from protocol.limits import MAX_PICKED_FILES

#: The longest path that a file can be opened by (PATH_MAX of Linux; elsewhere they are shorter).
MAX_PATH_BYTES: Final = 4096


def is_file(path: Path) -> bool:
    """Whether it names, whole and short enough to be opened, a file: no folder, pipe or device.

    A folder of the network may take its time.
    """
    try:
        fits = len(str(path).encode("utf-8")) <= MAX_PATH_BYTES
        return fits and path.is_absolute() and stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def most(question: PickQuestion) -> int:
    """How many files the answer may have."""
    return MAX_PICKED_FILES if question.multiple else 1


def files(question: PickQuestion, paths: Sequence[Path]) -> tuple[Path, ...] | None:
    """Each once, in order; None when there are none, too many, or something that is no file."""
    once = tuple(dict.fromkeys(paths))
    fit = 0 < len(once) <= most(question) and all(map(is_file, once))
    return once if fit else None
