"""The gateway's doors over HTTP; the shape is told in webui/bhxh/http_gateway.py and is ours [U].

    POST /ivan/ho-so                       202 | 4xx {"ma_loi", "mo_ta"}
    GET  /ivan/ho-so/{key}                 200 | 404
    GET  /ivan/ho-so/{key}/thong-bao       200 application/xml | 204 | 404

It is a server of its own, because "down" truly means that nobody listens (service.py).
"""

import asyncio
import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from webui.bhxh.rules import MAX_DOCUMENT_BYTES
from webui.sandbox.gateway import door, receipt
from webui.sandbox.gateway.clerk import Clerk
from webui.sandbox.gateway.faults import ReceiptFault
from webui.sandbox.gateway.ledger import Dossier, Ledger
from webui.sandbox.gateway.refusal import Code, Refusal

log = logging.getLogger(__name__)

_STATUS: Final = {
    Code.UNAUTHORISED: HTTPStatus.UNAUTHORIZED,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.NOT_XML_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.NEVER_RECEIVED: HTTPStatus.NOT_FOUND,
    Code.KEY_REUSED: HTTPStatus.CONFLICT,
    Code.DUPLICATE: HTTPStatus.CONFLICT,
    Code.PENDING: HTTPStatus.CONFLICT,
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Counter:
    """The open doors. `user` and `password` are the I-VAN's."""

    def __init__(self, ledger: Ledger, clerk: Clerk, *, user: str, password: str) -> None:
        self._ledger = ledger
        self._clerk = clerk
        self._credentials = f"{user}:{password}".encode()

    def application(self) -> web.Application:
        app = web.Application(
            middlewares=[self._faulty, self._authorised], client_max_size=MAX_DOCUMENT_BYTES
        )
        app.add_routes(
            [
                web.post("/ivan/ho-so", self._receive),
                web.get("/ivan/ho-so/{key}", self._ask),
                web.get("/ivan/ho-so/{key}/thong-bao", self._receipt),
            ]
        )
        return app

    @web.middleware
    async def _faulty(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Slow, down; and any Refusal becomes its answer."""
        if self._clerk.faults.latency:
            await asyncio.sleep(self._clerk.faults.latency)
        if self._clerk.faults.down:  # on a connection from before it went down
            return _hang_up(request)
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refused(refusal.code, refusal.words, _STATUS.get(refusal.code))

    @web.middleware
    async def _authorised(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if scheme == "Basic" else b""
        except binascii.Error:
            given = b""
        if not hmac.compare_digest(given, self._credentials):
            raise Refusal(Code.UNAUTHORISED)
        return await handler(request)

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        key = door.checked_key(request.headers.get("Idempotency-Key"))
        door.checked_type(request.content_type)
        try:
            document = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise door.too_large() from error
        earlier = await self._ledger.by_key(key)
        if earlier is not None and earlier.document == document:
            return _acknowledged(earlier, HTTPStatus.ACCEPTED)
        words = self._clerk.faults.refuse
        if words is not None and words.at_door:
            return _refused(words.ma_loi, words.mo_ta)
        arrival = await asyncio.to_thread(door.read, document)
        dossier, fresh = await self._ledger.keep(key, arrival)
        if fresh:
            log.info("%s arrived from %s", dossier.transaction, arrival.form.mst)
            self._clerk.wake()
        if self._must_drop():
            return _hang_up(request)
        return _acknowledged(dossier, HTTPStatus.ACCEPTED)

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        return _acknowledged(await self._dossier(request), HTTPStatus.OK)

    async def _receipt(self, request: web.Request) -> web.StreamResponse:
        dossier = await self._dossier(request)
        if dossier.receipt is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        match self._clerk.faults.receipt:
            case ReceiptFault.GOOD:
                document = dossier.receipt
            case ReceiptFault.BAD_SIGNATURE:
                document = receipt.spoilt(dossier.receipt)
            case ReceiptFault.OTHER_DOSSIER:
                document = await self._clerk.misdirected(dossier)
        return web.Response(body=document, content_type="application/xml")

    async def _dossier(self, request: web.Request) -> Dossier:
        found = await self._ledger.by_key(request.match_info["key"])
        if found is None:
            raise Refusal(Code.NEVER_RECEIVED)
        return found

    def _must_drop(self) -> bool:
        faults = self._clerk.faults
        if faults.drop_answers == 0:
            return False
        left = faults.drop_answers - 1
        self._clerk.faults = msgspec.structs.replace(faults, drop_answers=left)
        return True


def _acknowledged(dossier: Dossier, status: HTTPStatus) -> web.Response:
    body: dict[str, Any] = {
        "ma_giao_dich": dossier.transaction,
        "thoi_gian": dossier.arrived.isoformat(),
    }
    if status == HTTPStatus.OK:
        body["trang_thai"] = dossier.state
    return _json(body, status)


def _refused(code: str, words: str, status: HTTPStatus | None = None) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="I-VAN", charset="UTF-8"'}
    return _json(
        {"ma_loi": code, "mo_ta": words},
        status or HTTPStatus.BAD_REQUEST,
        headers if status == HTTPStatus.UNAUTHORIZED else None,
    )


def _json(
    body: dict[str, Any], status: HTTPStatus, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def _hang_up(request: web.Request) -> web.Response:
    """The connection breaks without a word; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
