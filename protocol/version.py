"""Names and numbers by which the two ends know each other."""

from typing import Final

PRODUCT: Final = "OpenKySo"
PRODUCT_VERSION: Final = "0.1.0"

#: Versions of the wire protocol this code speaks, newest first. `hello` picks the first in common.
PROTOCOL_VERSIONS: Final = (1,)

#: The agent listens on the first free one; clients probe them in this order. They lie below every
#: system's range for outgoing connections, and apart, so that one reserved range cannot take all.
PORTS: Final = (14517, 17917, 21217, 27617)

#: WebSocket endpoint and subprotocol (RFC 6455 §1.9).
PATH: Final = "/v1"
SUBPROTOCOL: Final = "openkyso.v1"
PING_PATH: Final = "/ping"
