"""The two middlewares around every handler: may this page ask, and failures into answers."""

import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from webui.backend import hosts
from webui.backend.context import ORIGIN, SETTINGS, answer, is_https
from webui.backend.headers import SECURITY, TRANSPORT
from webui.backend.messages import Failure
from webui.backend.texts import ERRORS, error_body
from webui.errors import Refused

log = logging.getLogger(__name__)

_HTTP_CODES: Final = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}

#: Characters as sent, without the query. Ours have a hundred; file systems fail above 255.
_LONGEST_PATH: Final = 250


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    socket = request.transport.get_extra_info("sockname") if request.transport else None
    settings = request.app[SETTINGS]
    own = hosts.reached_at(
        request.headers.get("Host"),
        port=socket[1] if socket else 0,
        public_origin=settings.public_origin,
    )
    if own is None or len(request.headers.getall("Host", [])) != 1:
        return _failure(Refused("wrong_host"))
    if len(request.raw_path.partition("?")[0]) > _LONGEST_PATH or "%00" in request.raw_path:
        # Neither file systems nor PostgreSQL take a NUL; nothing of ours is named so.
        return _failure(Refused("bad_request"))
    request[ORIGIN] = own
    allowed = hosts.may_ask(
        request.method,
        own=own,
        origins=request.headers.getall("Origin", []),
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        api=request.path.startswith("/api/"),
    )
    return await handler(request) if allowed else _failure(Refused("wrong_origin"))


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        response = _failure(refused)
        if (seconds := refused.details.get("retry_after")) is not None:
            response.headers["Retry-After"] = str(seconds)
        return response
    except web.HTTPException as refusal:
        if refusal.status < 400:  # noqa: PLR2004 - redirects and 304 are answers
            raise
        return _failure(Refused(_HTTP_CODES.get(refusal.status, "bad_request")), refusal.status)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _failure(Refused("internal_error"))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, whoever made it (the static files' too)."""
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    if ORIGIN in request and is_https(request):
        response.headers.update(TRANSPORT)
    # The API's answers are nobody else's to keep; files are asked for again, by ETag.
    caching = "no-store" if request.path.startswith("/api/") else "no-cache"
    response.headers.setdefault("Cache-Control", caching)


def _failure(refused: Refused, status: int | None = None) -> web.Response:
    return answer(Failure(error=error_body(refused)), status=status or ERRORS[refused.code].status)
