"""The agent of the demo: started by its command line, as anybody would, with the demo token.

It has its own configuration, runtime folder and journal below the demo's data; the user's own agent
and tokens are left alone. When it ends by itself it is started again, unless it keeps ending.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from protocol.client import AgentNotFound, find
from protocol.version import PATH
from webui.demo.children import Child, leashed, tail
from webui.demo.plan import DemoPlan
from webui.demo.say import DemoError, complain
from webui.sandbox.hsm import demo as hsm
from webui.sandbox.softhsm import module
from webui.sandbox.token import LABEL, PIN, Token

_START_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.02
#: The agent may hear of a Ctrl-C a moment before we do.
_NEWS_SECONDS: Final = 0.5
#: So many ends within a minute that nobody asked for, and it is given up.
_MOST_DEATHS: Final = 3
_MINUTE: Final = 60.0
_SCRIPT: Final = """\
# Written by `kyso demo --headless`: answers for the demo token and the demo's services alone.
pin = "{pin}"
only_tokens = ["{label}"]
only_services = {services}
service_pin = "{service_pin}"
otp = "{otp}"
delay = 0.3

[decisions]
site = "always"
select = "first"
sign = "approve"
"""


class Runtime(msgspec.Struct, frozen=True):
    """agent.json, as far as we need it."""

    port: int


class DemoAgent:
    def __init__(
        self,
        plan: DemoPlan,
        *,
        token: Token,
        services: Sequence[str],
        trust: Path,
        timestamps: str,
        stop: asyncio.Event,
    ) -> None:
        """`services` are hosts of signing services, `timestamps` is a time-stamping authority.

        After `stop` the agent may end; the terminal's Ctrl-C reaches it as it reaches us.
        """
        self._plan = plan
        self._stop = stop
        self._token = token
        self._services = [service.removeprefix("https://") for service in services]
        self._trust = trust
        self._timestamps = timestamps
        self._log = plan.log_folder / "agent.out"
        self._runtime_file = plan.runtime_file

    async def refuse_company(self) -> None:
        """Another agent on a usual port would be found by pages first. Raises DemoError."""
        try:
            address = await find(self._plan.agent_ports)
        except AgentNotFound:
            return
        raise DemoError("agent_other", port=address.removesuffix(PATH).rpartition(":")[2])

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Future[Runtime]"]:
        """Starting when entered, ready when the future is.

        Raises DemoError (in a group): it cannot start, or keeps ending.
        """
        command = self._command()
        async with asyncio.TaskGroup() as tasks:
            ready: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()
            keeping = tasks.create_task(self._keep(command, ready), name="agent")
            yield ready
            keeping.cancel()

    async def _keep(self, command: list[str], ready: "asyncio.Future[Runtime]") -> None:
        deaths: list[float] = []
        environment = {"SOFTHSM2_CONF": str(self._token.configuration)}
        output = None if self._plan.asks_in_terminal else self._log
        while True:
            self._runtime_file.unlink(missing_ok=True)
            async with leashed(command, environment=environment, log=output) as child:
                runtime = await self._when_ready(child)
                if runtime is not None and not ready.done():
                    ready.set_result(runtime)
                status = await child.ended()
            if await self._was_wanted():
                return
            deaths = [moment for moment in deaths if time.monotonic() - moment < _MINUTE]
            deaths.append(time.monotonic())
            if not ready.done() or len(deaths) >= _MOST_DEATHS:
                raise DemoError("agent_gave_up", status=status, log=self._log, tail=tail(self._log))
            complain("agent_died", status=status, log=self._log)

    async def _was_wanted(self) -> bool:
        try:
            async with asyncio.timeout(_NEWS_SECONDS):
                return await self._stop.wait()
        except TimeoutError:
            return False

    async def _when_ready(self, child: Child) -> Runtime | None:
        """None if it ended, or says nothing for so long that it is given up."""
        end = time.monotonic() + _START_SECONDS
        while child.is_running and time.monotonic() < end:
            try:
                return msgspec.json.decode(self._runtime_file.read_bytes(), type=Runtime)
            except (OSError, msgspec.DecodeError):
                await asyncio.sleep(_LOOK_SECONDS)
        return None

    def _command(self) -> list[str]:
        plan = self._plan
        command = [sys.executable, "-m", "agent", "run", "--config", str(self._configuration())]
        command += ["--runtime-dir", str(plan.runtime_folder), "--log-dir", str(plan.log_folder)]
        command += ["--data-dir", str(plan.agent_data)]
        if plan.headless:
            command += ["--scripted-consent", str(self._script())]
        return command

    def _configuration(self) -> Path:
        """Raises TokenError if SoftHSM's module is not there."""
        path = self._plan.agent_configuration
        lines = [
            "# Written by `kyso demo` at each start.",
            "[modules]",
            "discover = false",  # the user's own tokens are no part of the demo world
            f"paths = [{_quoted(module())}]",
            "[trust]",
            f"roots = [{_quoted(self._trust)}]",
            "[timestamp]",
            f"url = {msgspec.json.encode(self._timestamps).decode()}",
            "[services]",
            f"ca = [{_quoted(self._trust)}]",
            'secrets = "file"',  # nothing of the demo goes into the user's own keyring
            "[server]",
            f"ports = {list(self._plan.agent_ports)}",
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    def _script(self) -> Path:
        path = self._plan.data / "consent.toml"
        script = _SCRIPT.format(
            pin=PIN,
            label=LABEL,
            services=msgspec.json.encode(self._services).decode(),
            service_pin=hsm.PIN,
            otp=hsm.OTP,
        )
        path.write_text(script, "utf-8")
        return path


def _quoted(path: Path) -> str:
    """A TOML string: JSON's escapes are TOML's too."""
    return msgspec.json.encode(str(path)).decode()
