"""One sandbox per test, in this process, on ports of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.sandbox import sandbox_here
from webui.sandbox.service import Sandbox


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Decides at once; has no token."""
    async with sandbox_here(tmp_path / "sandbox") as running:
        yield running
