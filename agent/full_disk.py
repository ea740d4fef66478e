"""A full disk, which the user can mend: told from the failures of a disk that nobody can."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agent.errors import DocumentError

#: No room, no more of the user's share, or a larger file than may be.
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def room() -> Iterator[None]:
    """For what is written in the block. Raises DocumentError storage_full."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DocumentError("storage_full") from error
        raise
