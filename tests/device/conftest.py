"""Every test here needs a virtual smart card."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/device/" in item.path.as_posix():
            item.add_marker(pytest.mark.device)
