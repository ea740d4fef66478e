"""Where a signed file goes: never over another, and whole or not at all."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agent.documents import Filed, Made


class OutputExists(Exception):  # noqa: N818 - a statement, not a defect
    """The file that would be written is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Place:
    """A file that is not there yet for others."""

    def __init__(self, unfinished: Path, lifetime: ExitStack) -> None:
        self._unfinished = unfinished
        self._lifetime = lifetime

    def scratch(self) -> Path:
        """A folder beside the file, so that what is made there need not be copied; gone soon."""
        made = tempfile.TemporaryDirectory(dir=self._unfinished.parent, prefix=".kyso-")
        return Path(self._lifetime.enter_context(made))

    def put(self, made: Made) -> None:
        """Raises OSError."""
        if isinstance(made, Filed):
            made.path.replace(self._unfinished)
            with self._unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            return
        with self._unfinished.open("wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def place_for(path: Path, *, overwrite: bool) -> Iterator[Place]:
    """It is there before anybody is asked, and gone unless all goes well.

    Raises OutputExists, OSError.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if overwrite else path
    try:
        unfinished.open("xb").close()
    except FileExistsError:
        raise OutputExists(path) from None
    try:
        with ExitStack() as lifetime:
            yield Place(unfinished, lifetime)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
