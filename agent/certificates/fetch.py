"""Asking the addresses that certificates name: OCSP responders, CRLs, issuers' certificates.

Whoever answers is a stranger, even when the answer will prove to be signed by the right key. So an
answer is bounded in size and time, is never unpacked, and no address leads elsewhere than to http
or https. Plain http is the rule here (RFC 5280 §8): what is fetched carries its own signature.
"""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import aiohttp

_MAX_REDIRECTS: Final = 3
_MAX_URL_CHARS: Final = 2000


class FetchError(Exception):
    """No answer could be had; the message says why, for the log."""


class Fetcher(Protocol):
    async def fetch(
        self,
        url: str,
        *,
        limit: int,
        timeout_seconds: float,
        body: bytes | None = None,
        content_type: str = "",
    ) -> bytes:
        """GET, or POST when there is a `body`. Raises FetchError."""


def fetchable(url: str) -> bool:
    """Whether it is an address we are willing to ask. Certificates also name ldap: and worse."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (len(url) <= _MAX_URL_CHARS and (parts.port is None or parts.port > 0))
        )
    except ValueError:
        return False


class HttpFetcher:
    """Fetcher over aiohttp; made without a running loop, opened at its first use.

    The system's proxy settings are honoured: offices have them.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(
        self,
        url: str,
        *,
        limit: int,
        timeout_seconds: float,
        body: bytes | None = None,
        content_type: str = "",
    ) -> bytes:
        import aiohttp

        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._follow(url, limit=limit, body=body, content_type=content_type)
        except TimeoutError:
            raise FetchError(f"{url}: no answer within {timeout_seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"{url}: {type(error).__name__}: {error}") from error

    async def _follow(
        self, url: str, *, limit: int, body: bytes | None, content_type: str
    ) -> bytes:
        session = self._open()
        for _ in range(_MAX_REDIRECTS + 1):
            if not fetchable(url):
                raise FetchError(f"not an http address: {url[:200]}")
            async with session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers={"Content-Type": content_type} if body is not None else {},
                allow_redirects=False,
            ) as response:
                location = response.headers.get("Location")
                if response.status in (301, 302, 303, 307, 308) and location:
                    url = urljoin(url, location)
                    continue
                if response.status != 200:  # noqa: PLR2004
                    raise FetchError(f"{url}: status {response.status}")
                return await _bounded(response, url, limit)
        raise FetchError(f"{url}: too many redirects")

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Nothing needs to be unpacked, so nothing can explode when unpacked.
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=None),  # `fetch` keeps the time
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )
        return self._session


async def _bounded(response: "aiohttp.ClientResponse", url: str, limit: int) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > limit:
            raise FetchError(f"{url}: more than {limit} bytes")
    return bytes(received)
