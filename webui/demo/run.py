"""The order of things: world, then agent, then app, then window; and backwards at the end.

Each part lives as long as the stack it was put on, so whatever ends it (Ctrl-C, a part that cannot
go on), the parts above end first and in order.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from webui.config import Delivery, Demo, Gateway, Receipts, Secret, Settings, Trust
from webui.demo.agent import DemoAgent
from webui.demo.plan import PASSWORD, DemoPlan
from webui.demo.say import DemoError, say
from webui.demo.view import show
from webui.sandbox import ports
from webui.sandbox.ca.ledger import replace
from webui.sandbox.hsm.demo import OTP
from webui.sandbox.hsm.phone import Habits
from webui.sandbox.hsm.register import Service
from webui.sandbox.service import IVAN_PASSWORD, IVAN_USER, Plan, Sandbox
from webui.sandbox.service import running as sandbox_running
from webui.sandbox.token import LABEL, PIN
from webui.sandbox.world import UNIT, Role
from webui.ticket import with_ticket

_WEB: Final = "web"
#: After which the phone confirms by itself, where nobody holds it.
_THUMB_SECONDS: Final = 1.0


async def until_stopped(plan: DemoPlan, stop: asyncio.Event) -> None:
    """Run until `stop` is set, at whatever point that is.

    Raises DemoError, TokenError, PortTakenError; in groups.
    """
    async with asyncio.TaskGroup() as tasks:
        everything = tasks.create_task(_run(plan, stop), name="demo")

        async def listen() -> None:
            await stop.wait()
            say("stopping")
            everything.cancel()

        listening = tasks.create_task(listen(), name="stop")
        everything.add_done_callback(lambda _task: listening.cancel())


async def _run(plan: DemoPlan, stop: asyncio.Event) -> None:
    """Until cancelled."""
    plan.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as parts:
        parts.enter_context(_alone(plan.data))
        sandbox = await parts.enter_async_context(sandbox_running(_world(plan)))
        say("sandbox", url=sandbox.pages_url)
        if plan.headless:
            sandbox.hsm.phone.habits = Habits(otp=OTP, answer_after=_THUMB_SECONDS)
        agent = DemoAgent(
            plan,
            token=sandbox.token,
            services=[sandbox.hsm_url(service) for service in Service],
            trust=sandbox.authority.trust,
            timestamps=f"{sandbox.pages_url}/ca/tsa",
            stop=stop,
        )
        await agent.refuse_company()
        agent_ready = await parts.enter_async_context(agent.running())
        url = await _start_app(parts, plan, sandbox)
        say("backend", url=url)
        runtime = await agent_ready
        say("agent", port=runtime.port)
        parts.enter_context(_notice(plan, sandbox, url=url, agent_port=runtime.port))
        _invite(plan, sandbox, url)
        tasks = await parts.enter_async_context(asyncio.TaskGroup())
        if plan.shows_window:
            ticketed = await with_ticket(url, plan.runtime_file)
            shown = tasks.create_task(show(plan, url=url, ticketed=ticketed), name="window")
            parts.callback(shown.cancel)
        await asyncio.Event().wait()


async def _start_app(parts: AsyncExitStack, plan: DemoPlan, sandbox: Sandbox) -> str:
    # Imported here: it takes a second, in which the agent's process starts.
    from webui.app import running as app_running
    from webui.demo.seed import seed

    settings = _settings(plan, sandbox)
    await seed(settings, old_certificate=sandbox.world.certificate(Role.OLD))
    try:
        return await parts.enter_async_context(app_running(settings))
    except OSError as error:
        if not ports.is_taken(error):
            raise
        raise ports.taken(_WEB, settings.port, sandbox.plan.port_file) from error


def _world(plan: DemoPlan) -> Plan:
    world = Plan(
        data=plan.data,
        first_port=0 if plan.any_ports else ports.FIRST_PORT,
        say=lambda role: say("certificate", role=role),
    )
    if not world.port_file.exists():
        say("first")
    return world


def _settings(plan: DemoPlan, sandbox: Sandbox) -> Settings:
    kept = ports.chosen(
        sandbox.plan.port_file, [_WEB], first=0 if plan.any_ports else ports.FIRST_PORT
    )
    return Settings(
        data_dir=plan.data / "web",
        database_url=os.environ.get("DATABASE_URL"),
        port=kept[_WEB] if plan.port is None else plan.port,
        gateway=Gateway(url=sandbox.gateway_url, user=IVAN_USER, password=Secret(IVAN_PASSWORD)),
        trust=Trust(roots=(sandbox.authority.trust,)),
        receipts=Receipts(signers=(sandbox.world.bhxh_certificate_path,)),
        # The demo's BHXH decides in seconds, and nobody likes to wait for a demo.
        delivery=Delivery(
            receipt_first_seconds=1.0, receipt_longest_seconds=5.0, longest_retry_seconds=10.0
        ),
        demo=Demo(scripted=plan.headless, mailbox_url=sandbox.mailbox_url),
    )


def _invite(plan: DemoPlan, sandbox: Sandbox, url: str) -> None:
    say("ready")
    if plan.headless:
        say("scripted")
    if plan.asks_in_terminal:
        say("asks_here")
    if plan.has_nobody_to_ask:
        say("asks_nowhere")
    say("try_heading")
    say("try_login", url=url, mst=UNIT.mst, password=PASSWORD)
    say("try_add", label=LABEL, pin=PIN)
    _invite_to_hsm(plan, sandbox)
    say("try_send")
    say("try_result", mailbox=sandbox.mailbox_url)
    say("try_faults", sandbox=sandbox.pages_url)
    say("stop")


def _invite_to_hsm(plan: DemoPlan, sandbox: Sandbox) -> None:
    host, account, password = sandbox.hsm_login(Service.CYBERHSM)
    if plan.shows_window:
        services = f"{sandbox.pages_url}/services"
        say("try_hsm", host=host, account=account, password=password, url=services)
        return
    # A page takes passwords of services in our own window alone; elsewhere the terminal does.
    add = [sys.executable, "-m", "agent", "accounts", "add", host, account, "--password-stdin"]
    where = ["--config", str(plan.agent_configuration), "--data-dir", str(plan.agent_data)]
    say("try_hsm_terminal", command=f"echo {password} | {shlex.join([*add, *where])}")


@contextmanager
def _notice(plan: DemoPlan, sandbox: Sandbox, *, url: str, agent_port: int) -> Iterator[None]:
    """demo.json says where everything is, for programs, for as long as it is there."""
    told = {
        "url": url,
        "pages_url": sandbox.pages_url,
        "mailbox_url": sandbox.mailbox_url,
        "gateway_url": sandbox.gateway_url,
        "agent_port": agent_port,
        "agent_runtime": str(plan.runtime_file),
        "mst": UNIT.mst,
        "password": PASSWORD,
        "token_label": LABEL,
        "pin": PIN,
        "hsm": {
            service.value: dict(
                zip(("host", "account", "password"), sandbox.hsm_login(service), strict=True)
            )
            for service in Service
        },
        "scripted": plan.headless,
    }
    path = plan.data / "demo.json"
    replace(path, msgspec.json.format(msgspec.json.encode(told)))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One demo per folder. Raises DemoError. (Windows: the ports say it, in other words.)"""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError("already_running", data=data) from error
        yield
