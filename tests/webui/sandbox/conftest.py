"""One sandbox per test, in this process, on ports of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import few_keys, sandbox_here
from webui.sandbox.service import Sandbox


@pytest.fixture(scope="module", autouse=True)
def keys_are_few() -> Iterator[None]:
    with few_keys():
        yield


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Decides at once; has no token."""
    async with sandbox_here(tmp_path / "sandbox") as running:
        yield running
