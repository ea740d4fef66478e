"""The services' hosts: https on 127.0.0.1, a port each, opened and closed as faults demand."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from webui.sandbox.hsm import tls
from webui.sandbox.hsm.csc import CscService
from webui.sandbox.hsm.cyberhsm import CyberHsm
from webui.sandbox.hsm.faults import Faults, misbehaving
from webui.sandbox.hsm.mysign import MySign
from webui.sandbox.hsm.register import Service
from webui.sandbox.hsm.smartca import SmartCa
from webui.sandbox.hsm.world import HsmWorld

ADDRESS: Final = "127.0.0.1"
_ANOTHER: Final = "another-host.example"
_MOST_BYTES: Final = 32 * 1024 * 1024


class Host:
    """One service's door."""

    def __init__(self, runner: web.AppRunner, port: int, context: Callable[[str], ssl.SSLContext]):
        self.port = port
        self._runner = runner
        self._context = context
        self._site: web.TCPSite | None = None

    async def obey(self, faults: Faults) -> None:
        """Down is nobody listening; another name is another certificate."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        if faults.down:
            return
        context = self._context(_ANOTHER if faults.wrong_name else ADDRESS)
        self._site = web.TCPSite(self._runner, ADDRESS, self.port, ssl_context=context)
        await self._site.start()


@asynccontextmanager
async def hosts(
    world: HsmWorld, *, folder: Path, ports: dict[Service, int]
) -> AsyncIterator[dict[Service, Host]]:
    """All of them, listening. Raises OSError for a port that is taken."""
    services = {
        Service.CYBERHSM: CyberHsm(world).routes(),
        Service.CSC: CscService(world).routes(),
        Service.SMARTCA: SmartCa(world).routes(),
        Service.MYSIGN: MySign(world).routes(),
    }

    def context(name: str) -> ssl.SSLContext:
        return tls.context(folder, world.authority, host=name)

    async with AsyncExitStack() as stack:
        opened = {}
        for service, routes in services.items():
            app = web.Application(
                middlewares=[misbehaving(partial(world.faults.__getitem__, service))],
                client_max_size=_MOST_BYTES,
            )
            app.add_routes(routes)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            opened[service] = Host(runner, ports[service], context)
            await opened[service].obey(world.faults[service])
        yield opened
