"""Where the agent keeps its things, per user, by each system's custom (platformdirs)."""

import os
import stat
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

_APP: Final = "openkyso"


class DirectoryUnsafe(Exception):  # noqa: N818 - a statement about the directory
    """The directory exists and others could read or replace what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    data: Path  # journal, remembered sites
    config: Path  # agent.toml
    runtime: Path  # lock and agent.json, gone after a restart of the machine
    log: Path


def default() -> Directories:
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it is below /tmp, which `make_private` makes sure of.
        warnings.simplefilter("ignore")
        runtime = platformdirs.user_runtime_path(_APP, appauthor=False)
    return Directories(
        data=platformdirs.user_data_path(_APP, appauthor=False) / "agent",
        config=platformdirs.user_config_path(_APP, appauthor=False),
        runtime=runtime,
        log=platformdirs.user_log_path(_APP, appauthor=False),
    )


def make_private(directory: Path) -> None:
    """Create `directory` for this user alone. Raises DirectoryUnsafe, OSError.

    Without /run/user the runtime directory lies under /tmp, where another user may have made one
    of the same name first, to read the native token from it.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if sys.platform == "win32":
        return  # the profile's ACL keeps other users out
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise DirectoryUnsafe(f"{directory} is not a directory of this user")
    if found.st_mode & 0o022:
        raise DirectoryUnsafe(f"{directory} can be written by other users")
    above = directory.parent.lstat()
    # Who owns the directory above could put another one in this one's place; in a sticky one,
    # as /tmp is, nobody else can.
    if above.st_uid not in {0, os.getuid()} or (
        above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX
    ):
        raise DirectoryUnsafe(f"{directory.parent} belongs to, or can be written by, other users")
