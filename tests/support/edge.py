"""The agent's server in this process, over tokens and a user in memory, and a client to it.

async with running(tmp_path, tokens=…, user=…) as agent:
    async with agent.page("https://their.app") as page:
        await page.hello()
        reply = await page.call("tokens.list")
        error = await page.refused("sign.xml", document=…)
        number = await page.send_content(b"…")        # in binary frames, as credit allows
        octets = await page.content(reply["content"])
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from agent.consent.grants import Grants
from agent.server.edge import Edge
from agent.server.events import Events
from agent.server.http import serving
from agent.server.rights import NativeToken
from agent.server.spool import Spool
from protocol.content import Credit, GivenUp, Piece, Receiving, Sending, Unwanted, decode
from tests.support.prompts import ScriptedUser
from tests.support.services import MemoryServices
from tests.support.signing import ORIGIN, TableJudge, desk_with
from tests.support.tokens import MemoryTokens


@dataclass
class Page:
    """One connection. Notifications that come between are kept in `notified`."""

    socket: aiohttp.ClientWebSocketResponse
    notified: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _last: int = 0
    sending: Sending = field(default_factory=Sending)
    receiving: Receiving = field(default_factory=lambda: Receiving(keeping=False))
    #: What came in binary frames, by number, and the numbers of what is whole.
    came: dict[int, bytearray] = field(default_factory=dict)
    whole: set[int] = field(default_factory=set)
    credit_taken: bool = True  # False: a page that gives no credit

    async def hello(self, **more: Any) -> dict[str, Any]:
        return await self.call("hello", versions=[1], client="Test", **more)

    async def send(self, method: str, **params: Any) -> int:
        self._last += 1
        wire = {k: b64encode(v).decode() if isinstance(v, bytes) else v for k, v in params.items()}
        await self.socket.send_json(
            {"jsonrpc": "2.0", "id": self._last, "method": method, "params": wire}
        )
        return self._last

    async def answer(self, identifier: int | None) -> dict[str, Any]:
        """The reply to that request; notifications before it are noted."""
        while True:
            message = await self.receive()
            if "method" in message:
                self.notified.append((message["method"], message["params"]))
            elif message["id"] == identifier:
                return message
            else:
                raise AssertionError(f"waited for {identifier}, got {message}")

    async def receive(self) -> dict[str, Any]:
        """The next text message; what is binary is dealt with."""
        while (message := await self._next()) is None:
            pass
        return message

    async def _next(self) -> dict[str, Any] | None:
        async with asyncio.timeout(20):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            await self._binary(decode(message.data))
            return None
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return json.loads(message.data)

    async def _binary(self, frame: Piece | Credit | GivenUp | Unwanted) -> None:
        match frame:
            case Credit(total=total):
                self.sending.credit(total)
            case Piece():
                assert self.receiving.take(frame) is frame
                self.came.setdefault(frame.number, bytearray()).extend(frame.payload)
                if frame.last:
                    self.whole.add(frame.number)
                credit = self.receiving.taken(len(frame.payload)) if self.credit_taken else None
                if credit is not None:
                    await self.socket.send_bytes(credit)
            case GivenUp(number=number):
                self.receiving.forget(number)
                self.came.pop(number, None)

    async def send_content(self, octets: bytes, *, digest_only: bool = False) -> int:
        number = self.sending.begin(len(octets), digest_only=digest_only)
        at = 0
        while self.sending.is_going(number):
            room = self.sending.room(number)
            if room is None:
                if (message := await self._next()) is not None:
                    self.notified.append((message["method"], message["params"]))
                continue
            await self.socket.send_bytes(self.sending.piece(number, octets[at : at + room]))
            at += room
        return number

    async def content(self, number: int) -> bytes:
        """The agent's, when it is whole; notifications before it are noted."""
        while number not in self.whole:
            if (message := await self._next()) is not None:
                self.notified.append((message["method"], message["params"]))
        self.whole.discard(number)
        return bytes(self.came.pop(number))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        answer = await self.answer(await self.send(method, **params))
        assert "result" in answer, answer
        return answer["result"]

    async def refused(self, method: str, **params: Any) -> dict[str, Any]:
        """The error's data."""
        answer = await self.answer(await self.send(method, **params))
        assert "error" in answer, answer
        return answer["error"]["data"]

    async def notification(self, method: str) -> dict[str, Any]:
        message = await self.receive()
        assert message.get("method") == method, message
        return message["params"]

    async def closed(self) -> int:
        """The code with which the agent closes; what it says before is read and dropped."""
        async with asyncio.timeout(20):
            while True:
                message = await self.socket.receive()
                if message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE}:
                    return self.socket.close_code or 0


@dataclass
class Running:
    port: int
    edge: Edge
    tokens: MemoryTokens
    services: MemoryServices
    user: ScriptedUser
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def page(self, origin: str | None = ORIGIN) -> AsyncIterator[Page]:
        headers = {} if origin is None else {"Origin": origin}
        async with self.http.ws_connect(
            f"{self.url}/v1", headers=headers, protocols=("openkyso.v1",), max_msg_size=2**25
        ) as socket:
            yield Page(socket)

    @asynccontextmanager
    async def own_window(self) -> AsyncIterator[Page]:
        """A page of ours, with first-party rights."""
        origin = "http://127.0.0.1:8443"
        ticket = self.edge.tickets.issue(origin).value
        async with self.page(origin) as page:
            await page.hello(ticket=ticket)
            yield page

    @asynccontextmanager
    async def native(self) -> AsyncIterator[Page]:
        async with self.page(None) as page:
            await page.hello(native_token=self.edge.native_token.value)
            yield page


@asynccontextmanager
async def running(
    directory: Path,
    *,
    tokens: MemoryTokens | None = None,
    services: MemoryServices | None = None,
    user: ScriptedUser | None = None,
    judge: TableJudge | None = None,
    allowed: tuple[str, ...] = (ORIGIN,),
) -> AsyncIterator[Running]:
    tokens = tokens or MemoryTokens()
    user = user or ScriptedUser()
    services = services or MemoryServices()
    events = Events(tokens, services, gathering_seconds=0)
    sites = Grants(directory / "sites.json")
    for origin in allowed:
        sites.remember(origin)
    edge = Edge(
        desk=desk_with(directory, tokens=tokens, services=services, user=user, judge=judge),
        sites=sites,
        events=events,
        native_token=NativeToken(),
        spool=Spool(directory / "spool"),
    )
    watching = asyncio.create_task(events.watch())
    try:
        async with aiohttp.ClientSession() as http, serving(edge, (0,)) as port:
            yield Running(
                port=port, edge=edge, tokens=tokens, services=services, user=user, http=http
            )
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        edge.spool.close()
