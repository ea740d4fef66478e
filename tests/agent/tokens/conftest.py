"""A SoftHSM token for all tests of this folder, and an inventory that watches it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from agent.tokens.inventory import Inventory
from tests.support.softhsm import FilledToken, new_filled_token


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
