"""For all tests: nothing here may reach the machine's own smart card readers."""

# The import sets PCSCLITE_CSOCK_NAME before libpcsclite is loaded. The fixtures are named here
# and nowhere else, since two modules that import them would each start a pcscd on the same socket.
from tests.support.card import card, card_stack

__all__ = ["card", "card_stack"]
