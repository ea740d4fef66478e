"""For all tests: nothing here may reach the machine's own smart card readers."""

import tests.support.card.stack  # noqa: F401 (sets PCSCLITE_CSOCK_NAME before libpcsclite is loaded)
