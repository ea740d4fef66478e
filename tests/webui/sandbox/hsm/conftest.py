"""The sandbox's signing services in this process, and a client that trusts their CA."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.sandbox import sandbox_here
from webui.sandbox.hsm.register import Service
from webui.sandbox.service import Sandbox


@dataclass
class World:
    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def post(self, service: Service, path: str, **request: Any) -> tuple[int, Any]:
        async with self.http.post(self.sandbox.hsm_url(service) + path, **request) as answer:
            text = await answer.read()
            return answer.status, await answer.json() if text else None


@pytest.fixture
async def world(tmp_path: Path, prepared: Path) -> AsyncIterator[World]:
    for path in prepared.rglob("*"):
        target = tmp_path / path.relative_to(prepared)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    async with sandbox_here(tmp_path, with_hsm=True) as sandbox:
        tls = ssl.create_default_context()
        for path in sandbox.authority.trust.iterdir():
            tls.load_verify_locations(path)
        connector = aiohttp.TCPConnector(ssl=tls)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield World(sandbox, http)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys in it: making them takes seconds."""
    from webui.sandbox.hsm.keys import Keys

    folder = tmp_path_factory.mktemp("prepared")
    Keys(folder / "hsm").prepare()
    return folder
