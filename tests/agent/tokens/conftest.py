"""A SoftHSM token for all tests of this folder, and an inventory that watches it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Never, Protocol

import pytest

from agent.tokens.host import Host, Limits
from agent.tokens.inventory import Inventory
from tests.support.faulty import FaultyModule, build_faulty_module
from tests.support.softhsm import FilledToken, new_filled_token

#: Long enough for a slow machine, short enough to wait for where a worker hangs.
LIMITS = Limits(start=20, scan=20, poll=5, read_pin=5, login=5, login_on_reader=5, sign=1)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledToken]:
    """Two RSA keys and one EC key; SOFTHSM2_CONF names it while the tests run."""
    made = new_filled_token(tmp_path_factory.mktemp("softhsm"))
    with made.hsm.in_environment():
        yield made


@pytest.fixture
async def inventory(filled: FilledToken) -> AsyncIterator[Inventory]:
    async with Inventory([filled.hsm.module()]) as tokens:
        await tokens.refresh()
        yield tokens


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> FaultyModule:
    """A module that misbehaves as its environment asks."""
    return build_faulty_module(tmp_path_factory.mktemp("faulty"))


class StartHost(Protocol):
    def __call__(self, *faults: str, limits: Limits = ...) -> Host: ...


@pytest.fixture
async def start(faulty: FaultyModule) -> AsyncIterator[StartHost]:
    """Start hosts of the faulty module; their workers are gone when the test ends."""
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[Never]] = []

        def start(*faults: str, limits: Limits = LIMITS) -> Host:
            host = Host(faulty.path, limits=limits, environment=faulty.environment(*faults))
            running.append(tasks.create_task(host.run()))
            return host

        yield start
        for task in running:
            task.cancel()
