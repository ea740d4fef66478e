"""The services' keys: made in SoftHSM, and used through a process of their own (`signer`)."""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from webui.sandbox.softhsm import SoftHsm, module

LABEL: Final = "OpenKySo HSM"
_PIN: Final = "hsm-keys"  # between the services and their keys; no user ever types it
#: Certificates share them: making them is what takes the time at the first start.
NAMES: Final = ("k1", "k2", "k3", "k4")


class KeysFailed(Exception):  # noqa: N818 - it reads as what happened
    """The process with the keys ended, or could not sign."""


class Keys:
    def __init__(self, folder: Path) -> None:
        self._hsm = SoftHsm(folder, label=LABEL, pin=_PIN)
        self._public = folder / "public"
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._numbers = itertools.count()

    def prepare(self) -> None:
        """Makes what is missing. Raises TokenError."""
        with self._hsm.prepared() as fresh:
            if fresh is None:
                return
            public = fresh.folder / "public"
            public.mkdir()
            for number, name in enumerate(NAMES, start=1):
                (public / f"{name}.der").write_bytes(fresh.make_key(number=number, label=name))

    def public_key(self, name: str) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return (self._public / f"{name}.der").read_bytes()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webui.sandbox.hsm.signer", str(module()), LABEL, _PIN),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "SOFTHSM2_CONF": str(self._hsm.configuration)},
            # Ctrl-C in a terminal is for the program that started it, which then ends this one.
            start_new_session=True,
        )
        try:
            yield
        finally:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await self._process.wait()
            self._process = None

    async def sign(self, name: str, digest: bytes, *, hash_name: str = "sha256") -> bytes:
        """RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) over a digest. Raises KeysFailed."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise KeysFailed("not running")
        number = next(self._numbers)
        asked = {"number": number, "key": name, "digest": digest.hex(), "hash": hash_name}
        async with self._turn:
            try:
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                await process.stdin.drain()
            except ConnectionError:
                raise KeysFailed("ended") from None
            answer: dict[str, Any] = {}
            # Who asked before may have given up waiting; the answer to that comes first.
            while answer.get("number") != number:
                line = await process.stdout.readline()
                if not line:
                    raise KeysFailed("ended")
                answer = json.loads(line)
        if "error" in answer:
            raise KeysFailed(answer["error"])
        return bytes.fromhex(answer["signature"])
