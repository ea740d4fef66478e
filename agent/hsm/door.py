"""The way to one service: https with verification, no redirects, bounded time and size.

Whatever stands behind a host that somebody typed is a stranger. So an answer is bounded, is never
unpacked, must say that it is JSON, and is read by a strict type; and no header or body with a
secret follows a redirect anywhere. `agent.hsm.https` implements it.
"""

from collections.abc import Mapping
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

#: Seconds that a question and its answer may take together, unless its caller says otherwise.
WHOLE_SECONDS: Final = 20.0


class Answer(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Their names are found in either case."""

    @property
    def body(self) -> bytes: ...

    def read(self, kind: type[T]) -> T:
        """The body by a strict type (msgspec; unknown fields are ignored, as they are a newer
        service's). Raises ServiceError service_malformed.
        """


class Door(Protocol):
    @property
    def host(self) -> str:
        """As people write it: without scheme, with the port unless it is 443."""

    @property
    def base(self) -> str:
        """Scheme, host and port, without a slash at its end."""

    async def get(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = WHOLE_SECONDS,
    ) -> Answer:
        """`path` begins with a slash, is ASCII, and is sent as it is. Raises as `post`."""

    async def post(
        self,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        seconds: float = WHOLE_SECONDS,
    ) -> Answer:
        """Any status but a redirect is returned: what it means is the provider's to say.

        Raises UserError service_unknown; ServiceError service_unreachable, service_tls,
        service_timeout, service_redirected, service_malformed (no HTTP, or too large).
        """
