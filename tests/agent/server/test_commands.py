"""The table of commands is the table of methods."""

from agent.server.commands import COMMANDS
from protocol.methods import METHODS


def test_every_method_has_its_handler_and_no_handler_is_without_a_method() -> None:
    # `hello` and `cancel` concern the connection itself.
    assert set(COMMANDS) == set(METHODS) - {"hello", "cancel"}
