"""One case against one agent, over a connection of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import websockets
from msgspec import UnsetType
from websockets.asyncio.client import ClientConnection

from protocol.conformance.cases import Caller, Case, Step, frame
from protocol.limits import MAX_MESSAGE_BYTES
from protocol.version import SUBPROTOCOL

#: Seconds that an agent has for one answer.
_ANSWER_SECONDS: Final = 20.0
_GREETING: Final = 0
#: A site that nobody has allowed: the name is reserved (RFC 2606 §2).
UNKNOWN_ORIGIN: Final = "https://conformance.invalid"
#: Of our own window: on this machine, where nobody has to listen.
_WINDOW_ORIGIN: Final = "http://127.0.0.1:9"


class Nonconforming(Exception):  # noqa: N818 - the verdict
    """The agent did something else than the case expects; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An agent, and who we are to it."""

    url: str
    native_token: str | None = None
    origin: str = UNKNOWN_ORIGIN


async def play(case: Case, target: Target) -> None:
    """Raises Nonconforming."""
    values = {"$native_token": target.native_token, "$origin": target.origin}
    origin = {
        Caller.PAGE: target.origin,
        Caller.PROGRAM: None,
        Caller.WINDOW: _WINDOW_ORIGIN,
    }[case.caller]
    async with _connected(target, origin) as socket:
        if case.greeted:
            await _greet(socket, await _credentials(case, target))
        for number, step in enumerate(case.steps, 1):
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await _take(socket, step, values)
            except TimeoutError:
                raise Nonconforming(f"step {number}: nothing came") from None
            except websockets.ConnectionClosed as closed:
                raise Nonconforming(f"step {number}: closed with {closed}") from None


@asynccontextmanager
async def _connected(target: Target, origin: str | None) -> AsyncIterator[ClientConnection]:
    async with websockets.connect(
        target.url,
        origin=origin,  # type: ignore[arg-type] # a NewType of str
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item] # a NewType of str
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        max_queue=None,  # a flood is answered while it is still being sent
        proxy=None,
    ) as socket:
        yield socket


async def _credentials(case: Case, target: Target) -> dict[str, Any]:
    """What a caller shows in `hello` besides its origin."""
    match case.caller:
        case Caller.PAGE:
            return {}
        case Caller.PROGRAM:
            return {"native_token": target.native_token}
        case Caller.WINDOW:
            return {"ticket": await _ticket(target)}


async def _ticket(target: Target) -> str:
    async with _connected(target, None) as socket:
        await _greet(socket, {"native_token": target.native_token})
        params = {"origin": _WINDOW_ORIGIN}
        await socket.send(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ticket.issue", "params": params})
        )
        async with asyncio.timeout(_ANSWER_SECONDS):
            answer = json.loads(await socket.recv())
    try:
        return str(answer["result"]["ticket"])
    except KeyError:
        raise Nonconforming(f"no ticket for a window: {_short(answer)}") from None


async def _greet(socket: ClientConnection, credentials: dict[str, Any]) -> None:
    params = {"versions": [1], "client": "Conformance"} | credentials
    hello = {"jsonrpc": "2.0", "id": _GREETING, "method": "hello", "params": params}
    await socket.send(json.dumps(hello))
    await _expect(socket, [{"id": _GREETING, "result": {}}])


async def _take(socket: ClientConnection, step: Step, values: dict[str, str | None]) -> None:
    if not isinstance(step.expect, UnsetType):
        await _expect(socket, [_filled(wanted, values) for wanted in step.expect])
    elif not isinstance(step.expect_close, UnsetType):
        await _expect_close(socket, step.expect_close)
    else:
        sent = frame(step)
        if isinstance(sent, str) and isinstance(step.send_text, UnsetType):
            sent = json.dumps(_filled(json.loads(sent), values))
        try:
            for _ in range(step.times):
                await socket.send(sent)
        except websockets.ConnectionClosed:
            return  # the next step says whether it may have been


async def _expect(socket: ClientConnection, wanted: list[Any]) -> None:
    open_still = list(wanted)
    while open_still:
        received = await socket.recv()
        if isinstance(received, bytes):
            continue  # credit may always come between, and so may news
        message = json.loads(received)
        if "method" in message:
            continue
        match = next((one for one in open_still if _covers(message, one)), None)
        if match is None:
            raise Nonconforming(f"expected {_short(open_still)}, got {_short(message)}")
        open_still.remove(match)


async def _expect_close(socket: ClientConnection, codes: tuple[int, ...]) -> None:
    try:
        while True:
            await socket.recv()
    except websockets.ConnectionClosed:
        if socket.close_code not in codes:
            raise Nonconforming(
                f"expected to be closed with {codes}, was with {socket.close_code}"
            ) from None


def _covers(message: Any, wanted: Any) -> bool:
    """Whether `message` has everything that `wanted` names, and those values."""
    if isinstance(wanted, dict):
        return isinstance(message, dict) and all(
            key in message and _covers(message[key], value) for key, value in wanted.items()
        )
    return type(message) is type(wanted) and message == wanted


def _filled(value: Any, values: dict[str, str | None]) -> Any:
    match value:
        case dict():
            return {key: _filled(inner, values) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, values) for inner in value]
        case str() if value in values:
            return values[value]
        case _:
            return value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 400 else text[:400] + "…"  # noqa: PLR2004 - a few lines
