"""Fixtures of the virtual smart card; every test here needs one."""

import pytest

from tests.support.card import card, card_stack

__all__ = ["card", "card_stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/device/" in item.path.as_posix():
            item.add_marker(pytest.mark.device)
