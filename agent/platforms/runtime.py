"""The runtime file, by which programs of the same user find the agent and prove who they are.

    <runtime directory>/agent.json   {"port": 14517, "pid": 4711, "native_token": "…"}

Only the user can read it (0600; on Windows the profile's ACL). It appears complete or not at all.
"""

from pathlib import Path
from typing import Final

import msgspec

from agent.platforms.files import replace

_NAME: Final = "agent.json"


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    pid: int
    native_token: str

    def __repr__(self) -> str:
        return f"Runtime(port={self.port}, pid={self.pid})"


def write(directory: Path, runtime: Runtime) -> None:
    """Raises OSError."""
    replace(directory / _NAME, msgspec.json.encode(runtime))


def read(directory: Path) -> Runtime | None:
    """None when there is no agent, or its file cannot be understood."""
    try:
        return msgspec.json.decode((directory / _NAME).read_bytes(), type=Runtime)
    except (OSError, msgspec.MsgspecError):
        return None


def remove(directory: Path) -> None:
    (directory / _NAME).unlink(missing_ok=True)
