"""The whole sandbox in one running event loop: CA, gateway, mailbox and their pages.

async with running(Plan(data=folder)) as sandbox:
    print(sandbox.pages_url, sandbox.gateway_url)
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from webui.bhxh.mst import canonical_mst
from webui.bhxh.trust import PathJudge
from webui.config import Trust
from webui.sandbox import ports
from webui.sandbox.ca import Authority
from webui.sandbox.database import Database
from webui.sandbox.gateway.clerk import Clerk
from webui.sandbox.gateway.faults import Faults
from webui.sandbox.gateway.http import Counter
from webui.sandbox.gateway.ledger import SCHEMA as DOSSIERS
from webui.sandbox.gateway.ledger import Ledger
from webui.sandbox.gateway.receipt import Signer
from webui.sandbox.hsm.demo import furnish, login
from webui.sandbox.hsm.faults import Faults as HsmFaults
from webui.sandbox.hsm.hosts import ADDRESS, Host, hosts
from webui.sandbox.hsm.keys import Keys
from webui.sandbox.hsm.register import Service
from webui.sandbox.hsm.world import HsmWorld
from webui.sandbox.mailbox import smtp
from webui.sandbox.mailbox.box import SCHEMA as LETTERS
from webui.sandbox.mailbox.box import Box
from webui.sandbox.pages import routes
from webui.sandbox.token import Token
from webui.sandbox.world import UNIT, Role, World

PORT_NAMES: Final = ("pages", "gateway", "smtp", *(f"hsm-{service}" for service in Service))
IVAN_USER: Final = "00100"
IVAN_PASSWORD: Final = "ivan-demo"  # noqa: S105 - told to everybody; it protects nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`first_port=0`: any free ports. `say` hears which part of the token is being made."""

    data: Path
    first_port: int = ports.FIRST_PORT
    with_token: bool = True
    with_hsm: bool = True
    faults: Faults = field(default_factory=Faults)
    say: Callable[[Role], None] = lambda _role: None

    @property
    def port_file(self) -> Path:
        return self.data / "ports.json"


class Sandbox:
    """What others may hold of it. Made by `running`."""

    def __init__(self, plan: Plan) -> None:
        """Prepares what is missing; takes a second or two the first time. Raises TokenError."""
        plan.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.plan = plan
        self.ports = ports.chosen(plan.port_file, PORT_NAMES, first=plan.first_port)
        self.authority = Authority.open(plan.data / "ca", url=self.pages_url)
        self.world = World(plan.data / "world", self.authority)
        self.world.prepare()
        self.token = Token(plan.data / "token")
        if plan.with_token:
            self.token.prepare(self.world, plan.say)
        self.hsm = HsmWorld(keys=Keys(plan.data / "hsm"), authority=self.authority)
        if plan.with_hsm:
            self.hsm.keys.prepare()
            furnish(self.hsm, plan.data / "world" / "hsm")
        self.database = Database(plan.data / "sandbox.db")
        self.ledger = Ledger(self.database)
        self.box = Box(self.database)
        self.clerk = Clerk(
            self.ledger,
            judges=PathJudge(Trust(roots=(self.authority.trust,))),
            signer=Signer(self.world.bhxh_key, self.world.bhxh_certificate),
            smtp_port=self.ports["smtp"],
        )
        self.clerk.faults = plan.faults
        self._shutter: _Shutter | None = None
        self._hosts: dict[Service, Host] = {}

    @property
    def pages_url(self) -> str:
        """The sandbox's pages, and the CA's OCSP and CRL. Without a slash at its end."""
        return f"http://127.0.0.1:{self.ports['pages']}"

    @property
    def mailbox_url(self) -> str:
        return f"{self.pages_url}/mailbox"

    @property
    def gateway_url(self) -> str:
        """What http_gateway.py takes as its base."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    def hsm_url(self, service: Service) -> str:
        """What a user types as the service's host."""
        return f"https://{ADDRESS}:{self.ports[f'hsm-{service}']}"

    def hsm_login(self, service: Service) -> tuple[str, str, str]:
        """Host, account and password of the demo's unit there."""
        return self.hsm_url(service), *login(service)

    async def set_hsm_faults(self, service: Service, faults: HsmFaults) -> None:
        self.hsm.faults[service] = faults
        if service in self._hosts:
            await self._hosts[service].obey(faults)

    @property
    def faults(self) -> Faults:
        return self.clerk.faults

    async def set_faults(self, faults: Faults) -> None:
        self.clerk.faults = faults
        self.clerk.wake()
        if self._shutter is not None:
            await self._shutter.set(down=faults.down)

    async def _seed(self) -> None:
        """BHXH knows the demo unit by its old certificate, until it accepts another."""
        mst = canonical_mst(UNIT.mst)
        assert mst is not None, "the demo unit has an MST"
        if not await self.ledger.registered(mst):
            await self.ledger.register(mst, self.world.certificate(Role.OLD))

    async def _start(self, stack: AsyncExitStack) -> None:
        await self.database.open((DOSSIERS, LETTERS))
        stack.push_async_callback(self.database.close)
        await self._seed()
        await self._listen("smtp", self._serve_mail(stack))
        pages = await _runner(stack, routes.application(self))
        await self._listen("pages", _site(pages, self.ports["pages"]))
        counter = Counter(self.ledger, self.clerk, user=IVAN_USER, password=IVAN_PASSWORD)
        gateway = await _runner(stack, counter.application())
        self._shutter = _Shutter(gateway, self.ports["gateway"])
        await self._listen("gateway", self._shutter.set(down=self.faults.down))

        if self.plan.with_hsm:
            await self._start_hsm(stack)

    async def _start_hsm(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self.hsm.keys.running())
        chosen = {service: self.ports[f"hsm-{service}"] for service in Service}

        async def listen() -> None:
            folder = self.plan.data / "tls"
            opening = hosts(self.hsm, folder=folder, ports=chosen)
            self._hosts = await stack.enter_async_context(opening)

        await self._listen("hsm-cyberhsm", listen())

    async def _serve_mail(self, stack: AsyncExitStack) -> None:
        server = await smtp.serve(self.box, port=self.ports["smtp"])
        stack.callback(server.close)

    async def _listen(self, name: str, opening: Awaitable[None]) -> None:
        try:
            await opening
        except OSError as error:
            if not ports.is_taken(error):
                raise
            raise ports.taken(name, self.ports[name], self.plan.port_file) from error


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Sandbox]:
    """Raises TokenError, PortTakenError."""
    sandbox = await asyncio.to_thread(Sandbox, plan)
    async with AsyncExitStack() as stack:
        await sandbox._start(stack)  # noqa: SLF001 - the other half of this module
        async with asyncio.TaskGroup() as tasks:
            clerk = tasks.create_task(sandbox.clerk.run(), name="clerk")
            try:
                yield sandbox
            finally:
                sandbox.clerk.stop()
                clerk.cancel()


class _Shutter:
    """Opens and closes the gateway's listening socket: down is nobody listening."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self._port = port
        self._site: web.TCPSite | None = None

    async def set(self, *, down: bool) -> None:
        if down and self._site is not None:
            await self._site.stop()
            self._site = None
        elif not down and self._site is None:
            site = web.TCPSite(self._runner, "127.0.0.1", self._port)
            await site.start()
            self._site = site


async def _runner(stack: AsyncExitStack, app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner


async def _site(runner: web.AppRunner, port: int) -> None:
    await web.TCPSite(runner, "127.0.0.1", port).start()
