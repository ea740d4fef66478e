"""Doors over aiohttp, with one client for all of them.

    async with Doors(ca=(path,)) as doors:
        door = doors.to("api.cyberhsm.vn")
        answer = await door.get("/csc/v1/info")

Nothing is opened before the first question, and aiohttp is loaded then. What fails is told by its
code and the host alone: a library's own message may quote a header or an address with a secret.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.address import Address, judged
from agent.hsm.door import WHOLE_SECONDS, Door
from protocol.version import PRODUCT_VERSION

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

_log: Final = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 5.0
#: A connection is used again only so soon after its last use: one that the service is about to
#: close would lose a request that must not be sent twice.
_IDLE_SECONDS: Final = 3.0
_MAX_BYTES: Final = 1024 * 1024
_MAX_DEPTH: Final = 32
#: A string, also one that does not end, or a bracket. Possessive, and so linear.
_PIECE: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_JSON: Final = re.compile(r"application/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_PATH: Final = re.compile(r"/[!-~]*")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Doors:
    """Use as an asynchronous context; made without a running loop.

    `ca` are files (PEM or DER), or directories of them, believed besides the system's authorities.
    """

    def __init__(self, *, ca: Sequence[Path] = (), loopback_http: bool = False) -> None:
        self._ca = tuple(ca)
        self._loopback_http = loopback_http
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def to(self, address: str) -> Door:
        """`address` as it was typed, or a `Door.base`. Raises UserError service_address."""
        return _HttpsDoor(self, judged(address, loopback_http=self._loopback_http))

    async def tls(self) -> ssl.SSLContext:
        if self._tls is None:
            # Some hundred certificates are read from the disk.
            self._tls = await asyncio.to_thread(_tls, self._ca)
        return self._tls

    def session(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS),
                # Nothing needs to be unpacked, so nothing can explode when unpacked.
                auto_decompress=False,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": f"OpenKySo/{PRODUCT_VERSION}",
                },
                timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                # It would send what ~/.netrc holds, too; `_proxy` finds the proxy.
                trust_env=False,
            )
        return self._session


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str

    def read(self, kind: type[T]) -> T:
        # Some services answer a wrong path with status 200 and a page for people.
        if not _JSON.fullmatch(self.headers.get("Content-Type", "")) or _too_deep(self.body):
            raise ServiceError("service_malformed", host=self.host)
        try:
            return msgspec.json.decode(self.body.removeprefix(_BYTE_ORDER_MARK), type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            # Without its cause, which quotes the answer.
            raise ServiceError("service_malformed", host=self.host) from None


class _HttpsDoor:
    def __init__(self, doors: Doors, address: Address) -> None:
        self._doors = doors
        self._address = address

    @property
    def host(self) -> str:
        return self._address.host

    @property
    def base(self) -> str:
        return self._address.base

    async def get(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = WHOLE_SECONDS,
    ) -> _Answer:
        return await self._ask("GET", path, None, dict(headers or {}), seconds)

    async def post(
        self,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        seconds: float = WHOLE_SECONDS,
    ) -> _Answer:
        typed = {**(headers or {}), "Content-Type": content_type}
        return await self._ask("POST", path, body, typed, seconds)

    async def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float
    ) -> _Answer:
        import aiohttp
        from yarl import URL

        if not _PATH.fullmatch(path):
            raise ValueError("not a path")
        proxy = _proxy(self._address)
        try:
            async with (
                asyncio.timeout(seconds),
                self._doors.session().request(
                    method,
                    URL(self.base + path, encoded=True),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    ssl=await self._doors.tls(),
                    proxy=proxy,
                ) as response,
            ):
                try:
                    return await self._received(response)
                except BaseException:
                    _hang_up(response)
                    raise
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            # Without its cause, which may quote what was sent.
            raise self._failure(error, by_proxy=proxy is not None) from None

    async def _received(self, response: "aiohttp.ClientResponse") -> _Answer:
        if 300 <= response.status < 400:  # noqa: PLR2004
            raise ServiceError("service_redirected", host=self.host)
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise ServiceError("service_malformed", host=self.host)
        return _Answer(response.status, response.headers, bytes(body), self.host)

    def _failure(self, error: Exception, *, by_proxy: bool) -> AgentError:
        import aiohttp

        _log.info("%s cannot be asked: %s", self.host, type(error).__name__)
        match error:
            case TimeoutError():
                return ServiceError("service_timeout", host=self.host)
            case aiohttp.ClientConnectorDNSError() if not by_proxy:
                return UserError("service_unknown", host=self.host)
            case aiohttp.ClientSSLError() | ssl.SSLError():
                return ServiceError("service_tls", host=self.host)
            case aiohttp.ClientHttpProxyError():
                return ServiceError("service_unreachable", host=self.host)
            case aiohttp.ClientResponseError():  # what came is no HTTP
                return ServiceError("service_malformed", host=self.host)
            case _:  # refused, reset, or broken off in the middle
                return ServiceError("service_unreachable", host=self.host)


def _hang_up(response: "aiohttp.ClientResponse") -> None:
    """Without TLS's farewell, for which a service that goes on talking would be listened to."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()


def _too_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return False
    depth = 0
    for piece in _PIECE.finditer(body):
        first = piece[0][:1]
        if first in b"[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def _proxy(address: Address) -> str | None:
    """The office's http proxy by the system's settings; none stands before this very machine."""
    from urllib.request import getproxies, proxy_bypass  # http.client, email and more with it

    if address.loopback or proxy_bypass(address.name):
        return None
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all") or ""
    if "://" not in proxy:
        return f"http://{proxy}" if proxy else None
    return proxy if proxy.startswith(("http://", "https://")) else None


def _tls(ca: Sequence[Path]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    for path in _files(ca):
        try:
            data = path.read_bytes()
            pem = b"-----BEGIN" in data
            context.load_verify_locations(cadata=data.decode("ascii") if pem else data)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            # Left out: then what it should vouch for is not believed.
            _log.error("%s holds no certificate authority: %s", path, error)
    return context


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.is_file())
        else:
            yield path
