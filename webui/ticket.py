"""First-party rights for our own window: a one-time ticket from the agent, in the page's address.

Only a process of the same user can read the agent's runtime file, so only such a process can ask
for a ticket. It travels in the fragment, which browsers do not send to servers, and the page takes
it out of the address at once.

Beside it stands the port of the agent that gave it: where several people work on one machine, each
has an agent, and a page that looks for one finds the first.
"""

import asyncio
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

from protocol.client import AgentNotFound, Disconnected, connect
from protocol.discovery import read_runtime
from protocol.errors import ProtocolError

_SECONDS: Final = 5.0


def usual_runtime_file() -> Path:
    """Where the user's own agent writes it (SPEC: <runtime dir>/agent.json)."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it lies below /tmp; the agent makes sure that it is the user's.
        warnings.simplefilter("ignore")
        return platformdirs.user_runtime_path("openkyso", appauthor=False) / "agent.json"


async def with_ticket(url: str, runtime_file: Path) -> str:
    """`url` with a ticket; without one, where the agent does not answer, it works all the same."""
    refused = (ValueError, AgentNotFound, Disconnected, ProtocolError)
    with suppress(*refused, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            async with connect(client="OpenKySo", runtime=runtime_file) as agent:
                issued = await agent.issue_ticket(url.rstrip("/"))
                port = read_runtime(runtime_file).port
                return f"{url.rstrip('/')}/#ticket={issued.ticket}&agent={port}"
    return url
