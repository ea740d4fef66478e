"""HTTP on loopback: `GET /ping`, and the upgrade to WebSocket.

`/ping` answers any page (CORS) with product, version and protocol versions, and nothing else: it is
how a page finds the port, and how a browser that asks its user before it lets a page near loopback
(Local Network Access) can be made to ask. Everything else a page can want goes through `/v1`.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from agent.server import origins, sockets
from agent.server.edge import Edge
from agent.server.websocket import Connections, converse
from protocol.limits import HELLO_SECONDS
from protocol.version import PATH, PING_PATH, PRODUCT, PRODUCT_VERSION, PROTOCOL_VERSIONS

_log: Final = logging.getLogger(__name__)

_PING_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    # Chromium before 142 asked by preflight (Private Network Access); later ones ask the user.
    "Access-Control-Allow-Private-Network": "true",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Http:
    """The handlers, bound to the port that Host must name."""

    def __init__(self, edge: Edge, *, port: int) -> None:
        self._edge = edge
        self._port = port
        self._connections = Connections()

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._host_judge()])
        application.router.add_get(PING_PATH, self._ping, allow_head=False)
        application.router.add_options(PING_PATH, self._preflight)
        application.router.add_get(PATH, self._upgrade, allow_head=False)
        application.on_response_prepare.append(_say_nothing_of_the_server)
        application.on_shutdown.append(self._close_connections)
        return application

    def _host_judge(self) -> Middleware:
        @web.middleware
        async def host_judge(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                origins.judge_host(request.headers.getall("Host", []), port=self._port)
                return await handler(request)
            except origins.Forbidden as why:
                _log.warning("refused %r: %s", request.path[:100], why)
                return web.Response(status=403, text=f"{why}\n")

        return host_judge

    async def _ping(self, request: web.Request) -> web.Response:
        del request
        facts = {
            "product": PRODUCT,
            "version": PRODUCT_VERSION,
            "protocol": list(PROTOCOL_VERSIONS),
        }
        return web.json_response(facts, headers=_PING_HEADERS)

    async def _preflight(self, request: web.Request) -> web.Response:
        del request
        return web.Response(status=204, headers=_PING_HEADERS)

    async def _close_connections(self, application: web.Application) -> None:
        del application
        await self._connections.close()

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        caller = origins.judge(
            hosts=request.headers.getall("Host", []),
            origins=request.headers.getall("Origin", []),
            port=self._port,
        )
        return await converse(request, self._edge, self._connections, caller)


async def _say_nothing_of_the_server(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers.popall("Server", None)


@asynccontextmanager
async def serving(edge: Edge, ports: tuple[int, ...]) -> AsyncIterator[int]:
    """Listen on the first free port, which is yielded. Raises sockets.NoFreePort.

    When the context ends every connection is closed and its requests are cancelled first.
    """
    port, listeners = sockets.listen(ports)
    runner = web.AppRunner(
        Http(edge, port=port).application(),
        access_log=None,
        handler_cancellation=True,
        # Also the time in which a connection must have sent a whole request head.
        keepalive_timeout=HELLO_SECONDS,
        shutdown_timeout=2.0,
    )
    try:
        await runner.setup()
        for listener in listeners:
            await web.SockSite(runner, listener).start()
        yield port
    finally:
        await runner.cleanup()
        for listener in listeners:
            listener.close()
