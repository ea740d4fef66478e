"""For all tests: nothing here may reach the machine's own smart card readers."""

import os
import sys

import pytest

# Programs start from bytecode, as on users' machines: where Python may not write any, each of the
# hundreds that tests start would compile its sources again. Said before any is started.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The import sets PCSCLITE_CSOCK_NAME before libpcsclite is loaded. The fixtures are named here
# and nowhere else, since two modules that import them would each start a pcscd on the same socket.
from tests.support.card import card, card_stack  # noqa: E402
from tests.support.side_by_side import Scheduler  # noqa: E402

__all__ = ["card", "card_stack"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduler:
    """See tests/support/side_by_side.py."""
    return Scheduler(config, log)
