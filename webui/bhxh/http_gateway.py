"""The gateway over HTTP. The shape below is ours [U]; only this file knows it.

    POST {base}/ivan/ho-so                     Idempotency-Key, Basic <I-VAN code>:<password>, XML
        202 {"ma_giao_dich", "thoi_gian"}      acknowledged
        4xx {"ma_loi", "mo_ta"}                refused for good
    GET  {base}/ivan/ho-so/{key}               200 as above
        404 {"ma_loi", "mo_ta"}                never received
    GET  {base}/ivan/ho-so/{key}/thong-bao     200 application/xml | 204 not decided

A refusal counts only in BHXH's own words: a 4xx without them (a proxy's page, a wrong URL, a wrong
password) decides nothing about the dossier, which waits. Answers are bounded, redirects are not
followed (they would carry the password away), TLS is verified.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from webui.bhxh.gateway import (
    Acknowledged,
    IdempotencyKey,
    NeverReceived,
    NotDecided,
    NotDelivered,
    ReceiptDocument,
    RefusedAtTheDoor,
    Unknown,
)
from webui.bhxh.rules import MAX_DOCUMENT_BYTES
from webui.config import Gateway as GatewaySettings

_MAX_JSON: Final = 16 * 1024
_TURNED_AWAY_FOR_NOW: Final = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
#: About us or the way there, never about the dossier, whatever the body says.
_NOT_ABOUT_THE_DOSSIER: Final = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    HTTPStatus.REQUEST_TIMEOUT,
}


class _Acknowledgement(msgspec.Struct, frozen=True):
    ma_giao_dich: str
    thoi_gian: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    ma_loi: str
    mo_ta: str


class _Oversized(Exception):  # noqa: N818 - private, caught in this file
    pass


class HttpGateway:
    """One connection pool; `close` it with the program."""

    def __init__(self, settings: GatewaySettings, *, ivan_code: str) -> None:
        assert settings.url, "without a URL there is NoGateway"
        self._base = settings.url.rstrip("/")
        self._auth = aiohttp.encode_basic_auth(
            settings.user or ivan_code, settings.password.reveal(), encoding="utf-8"
        )
        # A request is bounded as a whole too, so that a lease (config.Delivery) outlasts it.
        self._timeout = aiohttp.ClientTimeout(
            total=settings.connect_seconds + settings.answer_seconds,
            connect=settings.connect_seconds,
            sock_read=settings.answer_seconds,
        )
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, document: bytes, key: IdempotencyKey
    ) -> Acknowledged | RefusedAtTheDoor | NotDelivered | Unknown:
        headers = {"Content-Type": "application/xml", "Idempotency-Key": key}
        try:
            status, retry_after, body = await self._call(
                "POST", "/ivan/ho-so", _MAX_JSON, headers=headers, data=document
            )
        except aiohttp.ClientConnectorError as error:
            # No connection was made (refused, no such host, bad certificate): nothing was sent.
            return NotDelivered(why=f"gateway_unreachable: {type(error).__name__}")
        except aiohttp.ConnectionTimeoutError:
            return NotDelivered(why="gateway_unreachable: no connection in time")
        except (aiohttp.ClientError, TimeoutError, _Oversized) as error:
            return Unknown(why=_name(error))
        return _sent(status, retry_after, body)

    async def ask(self, key: IdempotencyKey) -> Acknowledged | NeverReceived | Unknown:
        try:
            status, _, body = await self._call(
                "GET", f"/ivan/ho-so/{quote(key, safe='')}", _MAX_JSON
            )
        except (aiohttp.ClientError, TimeoutError, _Oversized) as error:
            return Unknown(why=_name(error))
        if status == HTTPStatus.OK:
            return _acknowledged(body) or Unknown(why="unreadable answer")
        # A 404 is believed only in BHXH's own words too: a proxy's would make us send again. (With
        # the same key even that would do no harm.)
        if status == HTTPStatus.NOT_FOUND and _refused(status, body):
            return NeverReceived()
        return Unknown(why=f"HTTP {status}")

    async def receipt(self, key: IdempotencyKey) -> ReceiptDocument | NotDecided | Unknown:
        path = f"/ivan/ho-so/{quote(key, safe='')}/thong-bao"
        try:
            status, _, body = await self._call("GET", path, MAX_DOCUMENT_BYTES)
        except (aiohttp.ClientError, TimeoutError, _Oversized) as error:
            return Unknown(why=_name(error))
        if status == HTTPStatus.OK:
            return ReceiptDocument(document=body)
        return NotDecided() if status == HTTPStatus.NO_CONTENT else Unknown(why=f"HTTP {status}")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self,
        method: str,
        path: str,
        longest: int,
        *,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> tuple[int, float | None, bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={
                    "Authorization": self._auth,
                    "Accept": "application/json, application/xml",
                },
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        async with self._session.request(
            method,
            URL(self._base + path, encoded=True),
            headers=headers,
            data=data,
            allow_redirects=False,
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > longest:
                    raise _Oversized
            return response.status, _seconds(response.headers.get("Retry-After")), bytes(body)


def _sent(
    status: int, retry_after: float | None, body: bytes
) -> Acknowledged | RefusedAtTheDoor | NotDelivered | Unknown:
    if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.CREATED}:
        return _acknowledged(body) or Unknown(why="unreadable answer")
    if status in _TURNED_AWAY_FOR_NOW:
        return NotDelivered(why=f"gateway_busy: {status}", retry_after_seconds=retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(why=f"HTTP {status}")
    refusal = None if status in _NOT_ABOUT_THE_DOSSIER else _refused(status, body)
    return refusal or NotDelivered(why=f"gateway_misconfigured: HTTP {status}")


def _acknowledged(body: bytes) -> Acknowledged | None:
    try:
        answer = msgspec.json.decode(body, type=_Acknowledgement)
    except msgspec.DecodeError:
        return None
    if not answer.ma_giao_dich.strip() or len(answer.ma_giao_dich) > 100:  # noqa: PLR2004 - column
        return None
    return Acknowledged(transaction=answer.ma_giao_dich.strip(), at=_moment(answer.thoi_gian))


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC) - timedelta(hours=7)


def _refused(status: int, body: bytes) -> RefusedAtTheDoor | None:
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    try:
        answer = msgspec.json.decode(body, type=_Refusal)
    except msgspec.DecodeError:
        return None
    return RefusedAtTheDoor(code=answer.ma_loi[:50], text=answer.mo_ta[:1000])


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return None
    return float(retry_after[:6])


def _name(error: Exception) -> str:
    return (
        "time-out"
        if isinstance(error, (TimeoutError, asyncio.TimeoutError))
        else type(error).__name__
    )
