"""Fixtures for the agent's tests."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def clean_root() -> Iterator[None]:
    """Handlers that the test adds to the root logger are closed and gone afterwards."""
    root, agent = logging.getLogger(), logging.getLogger("agent")
    before, level, agent_level = list(root.handlers), root.level, agent.level
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    agent.setLevel(agent_level)
