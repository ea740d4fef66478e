"""Bounds that both ends keep. What a page can send is bounded in size, rate and time (SPEC 3)."""

from typing import Final

#: Largest WebSocket message either side accepts, bytes.
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
#: Largest XML document a page may ask to have signed, bytes (base64 inflates it by a third).
MAX_XML_BYTES: Final = 10 * 1024 * 1024
#: Largest document in a message (base64 inflates it by a third); larger ones go in binary frames.
MAX_INLINE_BYTES: Final = MAX_XML_BYTES
#: Largest document in binary frames.
MAX_CONTENT_BYTES: Final = 4 * 1024 * 1024 * 1024
#: Documents that one connection may have in the agent's keeping, and their bytes together.
MAX_CONTENTS: Final = 20_000
MAX_KEPT_BYTES: Final = 16 * 1024 * 1024 * 1024
#: Payload of one binary frame; only a content's last one may be smaller.
MAX_PIECE_BYTES: Final = 256 * 1024
MIN_PIECE_BYTES: Final = 4 * 1024
#: Payload that may be on its way in one direction before the other end has said that it took it.
WINDOW_BYTES: Final = 4 * 1024 * 1024
#: Image of a PDF's stamp.
MAX_STAMP_IMAGE_BYTES: Final = 2 * 1024 * 1024
#: Documents in one `batch.add`, and in a batch.
MAX_DOCUMENTS_AT_ONCE: Final = 100
MAX_DOCUMENTS_IN_BATCH: Final = 10_000
#: Batches and digest sessions that one connection may have.
MAX_BATCHES: Final = 4
MAX_DIGEST_SESSIONS: Final = 4
#: Digests in one message, and in a session; how long a session lasts.
MAX_DIGESTS_AT_ONCE: Final = 100
MAX_DIGESTS_IN_SESSION: Final = 10_000
MAX_SESSION_SECONDS: Final = 3600
#: Files that the user may choose in one dialog.
MAX_PICKED_FILES: Final = 1000
#: Before `hello` has succeeded a message may only be this large, bytes.
MAX_HELLO_BYTES: Final = 16 * 1024
#: Nesting of JSON values accepted.
MAX_JSON_DEPTH: Final = 16

#: Requests one connection may have unanswered.
MAX_PENDING: Final = 8
#: Token bucket per connection: sustained requests per second, and burst.
REQUESTS_PER_SECOND: Final = 50.0
REQUEST_BURST: Final = 100
#: Frames that are no requests, or too many, before a connection is given up.
MAX_VIOLATIONS: Final = 8
#: Connections per origin, and in all.
MAX_CONNECTIONS_PER_ORIGIN: Final = 8
MAX_CONNECTIONS: Final = 64

#: Look-ups of accounts at signing services, for all connections together.
MAX_LOOKS_PER_MINUTE: Final = 10

#: Seconds a connection has to say `hello`, and a window waits for its user.
HELLO_SECONDS: Final = 10.0
PROMPT_SECONDS: Final = 300.0
#: Seconds after which a client gives up connecting to one port (a browser may be holding the
#: connection back behind a permission prompt that nobody answers).
CONNECT_SECONDS: Final = 3.0

#: Characters accepted in names and reasons that a page supplies and a window shows.
MAX_NAME_CHARS: Final = 200
MAX_REASON_CHARS: Final = 300
