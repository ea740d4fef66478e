"""A connection to the journal's file, and what is said of a file that cannot be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.journal.broken import JournalBroken
from agent.journal.schema import TooNew

#: How long another program's transaction is waited for: a deletion writes the whole file anew.
_BUSY_SECONDS: Final = 30.0


def connected(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    # No isolation level: transactions begin and end where they are said to.
    database = sqlite3.connect(
        path, uri=uri, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS
    )
    # All that is kept is octets, and what a damaged file calls a text may not be one.
    database.text_factory = bytes
    return database


@contextmanager
def readable() -> Iterator[None]:
    """Raises JournalBroken for a file that is none, or whose pages are damaged."""
    try:
        yield
    except sqlite3.OperationalError:
        raise  # locked, or the disk is full: nothing is wrong with the journal itself
    except TooNew as error:
        raise JournalBroken(0, "the file is of a later version of this program") from error
    # The text of an error can hold pieces of the file, which the module then fails to decode.
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise JournalBroken(0, "the file is damaged, or no journal") from error
