"""The agent as users have it: `python -m agent run` in a process of its own, with SoftHSM.

with AgentProcess(tmp_path, modules=[hsm.library], environment=hsm.environment,
                  roots=[…], consent=script(only_tokens=["OpenKySo Test"])) as agent:
    async with agent.connected() as client:       # a native program's connection
        ...
assert agent.exit_status == 0
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from protocol.client import Agent, connect
from protocol.version import PATH
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]


def script(
    *,
    only_tokens: Sequence[str],
    pin: str = "12345678",
    site: str = "always",
    select: str = "first",
    sign: str = "approve",
    delay: float = 0.0,
    only_services: Sequence[str] = (),
    service_pin: str = "12345678",
    otp: str | list[str] = "246810",
) -> str:
    """The text of a scripted consent file."""
    services = (
        f"only_services = {json.dumps(list(only_services))}\n"
        f"service_pin = {json.dumps(service_pin)}\notp = {json.dumps(otp)}\n"
    )
    return (
        f"only_tokens = {json.dumps(list(only_tokens))}\npin = {json.dumps(pin)}\n"
        f"{services if only_services else ''}"
        f"delay = {delay}\n[decisions]\n"
        f'site = "{site}"\nselect = "{select}"\nsign = "{sign}"\n'
    )


def _paths(paths: Sequence[Path]) -> str:
    return json.dumps([str(path) for path in paths])


class AgentProcess:
    def __init__(
        self,
        directory: Path,
        *,
        modules: Sequence[Path] = (),
        roots: Sequence[Path] = (),
        services_ca: Sequence[Path] = (),
        environment: dict[str, str] | None = None,
        consent: str | None = None,
        arguments: Sequence[str] = (),
        ports: Sequence[int] = (0,),
    ) -> None:
        self.directory = directory
        self.runtime = directory / "run"
        # The developer's own screen is not the test's; one in `environment` is.
        outside = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
        self._environment = outside | {"PYTHONPATH": str(ROOT)} | (environment or {})
        config = directory / "agent.toml"
        config.write_text(
            f"[server]\nports = {json.dumps(list(ports))}\n"
            f"[modules]\ndiscover = false\npaths = {_paths(modules)}\n"
            f"[trust]\nroots = {_paths(roots)}\n"
            "[revocation]\ntimeout_seconds = 3.0\n"
            # The developer's own keyring is not the test's.
            + (f'[services]\nca = {_paths(services_ca)}\nsecrets = "file"\n' if services_ca else "")
        )
        self.options = [
            "--config", str(config), "--runtime-dir", str(self.runtime),
            "--data-dir", str(directory / "data"), "--log-dir", str(directory / "log"),
        ]  # fmt: skip
        self._run = [*self.options, *arguments]
        if consent is not None:
            (directory / "consent.toml").write_text(consent)
            self._run += ["--scripted-consent", str(directory / "consent.toml")]
        self.process: subprocess.Popen[bytes] | None = None
        self.exit_status: int | None = None

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another `kyso-agent` command of the same user."""
        return subprocess.run(
            [sys.executable, "-m", "agent", *words, *self.options],
            env=self._environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent", "run", *self._run],
            env=self._environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
        )
        wait_for(self._started, "the agent to listen")
        return self

    def _started(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the agent ended: {self.process.returncode}"
        return (self.runtime / "agent.json").exists()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """As the user's "quit" does. Once more does no harm."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.exit_status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def record(self) -> dict[str, Any]:
        return json.loads((self.runtime / "agent.json").read_text())

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.record['port']}{PATH}"

    @property
    def log(self) -> str:
        return (self.directory / "log" / "agent.log").read_text("utf-8")

    @asynccontextmanager
    async def connected(self, *, origin: str | None = None) -> AsyncIterator[Agent]:
        """As a native program, or as a page of `origin`."""
        token = self.record["native_token"] if origin is None else None
        async with connect(self.url, client="Test", token=token, origin=origin) as agent:
            yield agent
