"""The backend as users have it: `python -m webui serve` in a process of its own.

with BackendProcess(tmp_path, sandbox) as backend:       # a tests.support.sandbox.SandboxProgram
    backend.url
    backend.kill(); backend.start()                      # the same port and data
with BackendProcess(tmp_path) as alone:                  # knows no BHXH and trusts nobody
    alone.stop()                                         # as Ctrl-C; its exit status
"""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.support.sandbox import SandboxProgram
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]


class BackendProcess:
    """Retries are quick, so that a test of a gateway that comes back needs not wait."""

    def __init__(
        self,
        directory: Path,
        sandbox: SandboxProgram | None = None,
        *,
        database_url: str | None = None,
        **delivery: float,
    ) -> None:
        self.directory = directory
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        quick = {
            "first_retry_seconds": 0.2,
            "longest_retry_seconds": 1.0,
            "receipt_first_seconds": 0.2,
            "receipt_longest_seconds": 0.5,
            "idle_seconds": 0.5,
            "lease_seconds": 5.0,
            **delivery,
        }
        self._config = directory / "kyso.toml"
        self._database_url = database_url
        self._sections: dict[str, dict[str, Any]] = {}
        if sandbox is None:
            return
        places = sandbox.places
        self._sections = {
            "gateway": {
                "url": places["gateway_url"],
                "user": places["gateway_user"],
                "password": places["gateway_password"],
                "connect_seconds": 1.0,
                "answer_seconds": 2.0,
            },
            "trust": {"roots": [str(places["trust"])]},
            "receipts": {"signers": [str(places["receipt_signer"])]},
            "delivery": quick,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(15)
        self._close()
        return status

    def start(self) -> None:
        lines = [f"port = {self.port}", f"data_dir = {json.dumps(str(self.directory))}"]
        if self._database_url is not None:
            lines.append(f"database_url = {json.dumps(self._database_url)}")
        for name, section in self._sections.items():
            lines += [f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in section.items())]
        self._config.write_text("\n".join(lines))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "webui", "serve", "--config", str(self._config)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=self.directory,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, "the backend did not start; see its messages above"
        self.port = int(said.rsplit(":", 1)[1].strip().rstrip("/"))
        wait_for(self._answers, "the backend to answer")

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _answers(self) -> bool:
        try:
            return "unit" in self.call("/api/session")
        except (urllib.error.URLError, OSError):
            return False

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request without a session, as the page's own origin."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Origin": self.url},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=15) as answer:
            return json.loads(answer.read() or b"{}")
