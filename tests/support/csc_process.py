"""A CSC service over https in a process of its own, for measurements that it must not disturb.

with CscProcess(tmp_path, version="v2") as service:
    service.url, service.ca, service.raw_rate
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

NAME, PASSWORD, PIN = "minhhoa", "hsm-demo-2026", "2468"
_RAW_SECONDS = 1.5


@dataclass(kw_only=True)
class CscProcess:
    """`raw_rate` is how many signatures per second the bare key makes, in that very process."""

    folder: Path
    version: str
    url: str = ""
    raw_rate: float = 0.0
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            (sys.executable, "-m", __name__, str(self.folder), self.version),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.url, self.raw_rate = told["url"], told["raw_rate"]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.communicate(timeout=10)  # closes its standard input, at which it ends


async def _serve(folder: Path, version: str) -> None:
    # Not at the top: whoever starts the process has no need of all this.
    import ssl

    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from tests.support.csc_service import RSA, Asks, CscService, Key
    from tests.support.pki import Authority, Urls
    from tests.support.service_host import tls_certificate

    root = Authority.root()
    server = tls_certificate(root)
    (folder / "ca.pem").write_bytes(root.pem)
    private = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(server.pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    company = Authority.under(root, urls=Urls()).issue()
    key = Key(holder=company, asks=Asks(pin=PIN), algos=(RSA,), multisign=100)
    service = CscService(key, version=version, name=NAME, password=PASSWORD, tls=context)
    service.keeps_requests = False
    made, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < _RAW_SECONDS:
        company.sign(bytes(32))
        made += 1
    async with service:
        print(json.dumps({"url": service.url, "raw_rate": made / spent}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
