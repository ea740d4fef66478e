"""Finding the agent on this machine: whoever answers `/ping` as it does, on one of four ports.

Nothing is trusted by this: any program may listen on those ports. What a native client shows, its
token, it reads from a file that only the same user can write (SPEC 1.4).
"""

import asyncio
import http.client
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from protocol.limits import CONNECT_SECONDS
from protocol.version import PATH, PING_PATH, PORTS, PRODUCT

_HOSTS: Final = ("127.0.0.1", "::1")
_MAX_PING_BYTES: Final = 4096


class AgentNotFound(Exception):  # noqa: N818 - the name says what happened
    """No agent answers on this machine: it is not installed, or not running."""

    def __init__(self, where: str = "") -> None:
        at = f" at {where}" if where else " on this machine"
        super().__init__(f"no agent answers{at}; start it with: kyso-agent run")

    vi: Final = (
        "Chưa thấy phần mềm ký OpenKySo trên máy này. Hãy mở OpenKySo, hoặc cài đặt nếu chưa có."
    )
    en: Final = "The OpenKySo agent was not found on this machine. Start it, or install it."


class Runtime(msgspec.Struct, frozen=True):
    """The agent's runtime file, as far as clients read it."""

    port: int
    native_token: str


def read_runtime(file: Path) -> Runtime:
    """What the agent wrote for programs of this user. Raises AgentNotFound, ValueError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise AgentNotFound from error
    return msgspec.json.decode(content, type=Runtime)


async def find(ports: Iterable[int] = PORTS) -> str:
    """The WebSocket address of the first agent that answers `/ping`. Raises AgentNotFound."""
    places = [(host, port) for port in ports for host in _HOSTS]
    answers = await asyncio.gather(*(asyncio.to_thread(_answers, *place) for place in places))
    for (host, port), is_agent in zip(places, answers, strict=True):
        if is_agent:
            return address(port, host=host)
    raise AgentNotFound


def address(port: int, *, host: str = "127.0.0.1") -> str:
    return f"ws://[{host}]:{port}{PATH}" if ":" in host else f"ws://{host}:{port}{PATH}"


def _answers(host: str, port: int) -> bool:
    # http.client knows neither proxies nor redirects: nothing leads away from loopback.
    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    try:
        connection.request("GET", PING_PATH)
        reply = connection.getresponse()
        facts = json.loads(reply.read(_MAX_PING_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return False
    finally:
        connection.close()
    return (
        reply.status == http.client.OK
        and isinstance(facts, dict)
        and (facts.get("product") == PRODUCT)
    )
