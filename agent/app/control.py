"""What other processes of the same user do with a running agent: ask how it is, and stop it."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from typing import Final

from agent.platforms import instance, runtime
from agent.platforms.directories import Directories
from protocol.client import AgentNotFound, Disconnected, connect
from protocol.errors import ProtocolError
from protocol.messages import Token
from protocol.version import PATH

#: Seconds that a stopping agent has: it closes windows, logs out of tokens and ends its workers.
_STOP_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.05


class NotRunning(Exception):  # noqa: N818 - a statement, not a defect
    """No agent of this user runs."""


class NotAnswering(Exception):  # noqa: N818 - a statement, not a defect
    """An agent of this user runs and does not answer; or does not stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    port: int
    pid: int
    version: str
    demo: bool
    tokens: tuple[Token, ...]


def status(directories: Directories) -> Status:
    """Raises NotRunning, NotAnswering."""
    record = _record(directories)
    try:
        return asyncio.run(_asked(record))
    except (AgentNotFound, Disconnected, ProtocolError) as error:
        raise NotAnswering(str(error)) from error


def stop(directories: Directories) -> None:
    """Returns when it has stopped. Raises NotRunning, NotAnswering.

    Windows knows no SIGTERM: there the process ends at once, and its children with their pipes.
    """
    os.kill(_record(directories).pid, signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while instance.is_running(directories.runtime):
        if time.monotonic() > end:
            raise NotAnswering("the agent does not stop")
        time.sleep(_LOOK_SECONDS)


def _record(directories: Directories) -> runtime.Runtime:
    # The lock first: a file left behind by a crash may name a process that is somebody else's now.
    if not instance.is_running(directories.runtime):
        raise NotRunning
    record = runtime.read(directories.runtime)
    if record is None:
        raise NotAnswering("the agent is starting, or its runtime file is gone")
    return record


async def _asked(record: runtime.Runtime) -> Status:
    url = f"ws://127.0.0.1:{record.port}{PATH}"
    async with connect(url, client="kyso-agent status", token=record.native_token) as agent:
        listed = await agent.tokens()
        return Status(
            port=record.port,
            pid=record.pid,
            version=agent.greeting.version,
            demo=agent.greeting.demo,
            tokens=listed.tokens,
        )
