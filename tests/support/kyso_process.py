"""A real `kyso serve` in a process of its own, to be killed.

with KysoProcess(folder, config) as kyso:
    kyso.url
    kyso.kill()      # SIGKILL, as a power cut would
    kyso.start()     # on the same data, at a new port
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self


class KysoProcess:
    def __init__(self, data: Path, config: Path) -> None:
        self._command = [sys.executable, "-m", "webui", "serve", "--port", "0"]
        self._command += ["--data", str(data), "--config", str(config)]
        self._log = (data / "kyso.log").open("ab")
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()

    def start(self) -> None:
        """Returns when it listens."""
        environment = {k: v for k, v in os.environ.items() if k not in {"KYSO_CONFIG", "KYSO_DATA"}}
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("OpenKySo: http"), f"kyso did not start: {line!r}"
        self.url = line.split()[1]

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._gone()

    def stop(self) -> int:
        """As Ctrl-C; the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._gone()

    def _gone(self) -> int:
        assert self._process is not None
        status = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status
