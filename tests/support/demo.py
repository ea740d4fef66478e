"""`kyso demo` as people start it, for tests that need the whole story in real processes.

with DemoProgram(tmp_path, headless=True) as demo:
    demo.told["url"], demo.told["mailbox_url"], demo.told["pin"]   # demo.json
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.support.waiting import wait_for


class DemoProgram:
    """Without `agent_ports` the agent takes any free port; pages look for it on the usual ones
    only, so browser tests name those.
    """

    def __init__(
        self,
        data: Path,
        *,
        headless: bool = True,
        agent_ports: tuple[int, ...] = (0,),
        environment: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self.data = data
        command = [sys.executable, "-m", "webui", "demo", "--data", str(data), "--any-ports"]
        command += ["--headless"] if headless else ["--no-window"]
        command += [*options, "--agent-ports", *map(str, agent_ports)]
        self._command = command
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[str] | None = None
        self.told: dict[str, Any] = {}

    def start(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        self.said = (self.data / "said.txt").open("a+")
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self.said,
            stderr=self.said,
            text=True,
        )
        return self

    def refusal(self) -> str:
        """Starts it where it cannot run; everything it said. Its exit status was 1."""
        self.start()
        assert self.process is not None
        try:
            assert self.process.wait(60) == 1, self.output
        finally:
            self.kill()
            self.said.close()
        return self.output

    def __enter__(self) -> Self:
        self.start()
        notice = self.data / "demo.json"
        wait_for(lambda: notice.exists() or self.ended, "the demo to be ready", seconds=60)
        assert not self.ended, self.output
        self.told = json.loads(notice.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    @property
    def output(self) -> str:
        return (self.data / "said.txt").read_text()

    def stop(self) -> int:
        """As Ctrl-C does. Returns the exit status."""
        assert self.process is not None
        if not self.ended:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        self.said.close()
        return status

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
