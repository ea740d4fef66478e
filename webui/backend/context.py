"""What a handler needs of its request: the office, who is signed in, the body as a struct."""

from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from webui.config import Settings
from webui.errors import Refused
from webui.filing import sessions
from webui.filing.office import Office

OFFICE: Final = web.AppKey("office", Office)
SETTINGS: Final = web.AppKey("settings", Settings)
ORIGIN: Final = web.RequestKey("origin", str)  # the origin that the request was made to

#: Requests are a few hundred bytes; only a signed document is larger.
SMALL: Final = 64 * 1024
LARGE: Final = 1536 * 1024

T = TypeVar("T", bound=msgspec.Struct)


def office(request: web.Request) -> Office:
    return request.app[OFFICE]


def own_origin(request: web.Request) -> str:
    return request[ORIGIN]


async def body(request: web.Request, shape: type[T], *, limit: int = SMALL) -> T:
    """Raises Refused body_too_large, body_not_json, body_invalid{reason}."""
    if request.content_type != "application/json":
        raise Refused("body_not_json")
    received = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        received += chunk
        if len(received) > limit:
            raise Refused("body_too_large")
    try:
        return msgspec.json.decode(received, type=shape)
    except msgspec.ValidationError as error:
        # It names the field and the rule, never the value, so no password gets about.
        raise Refused("body_invalid", reason=str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("body_not_json") from None


def answer(value: Any, *, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), content_type="application/json", status=status
    )


def cookie_name(request: web.Request) -> str:
    """The prefix makes browsers refuse the cookie from anything but this https host."""
    return "__Host-kyso" if is_https(request) else "kyso"


def is_https(request: web.Request) -> bool:
    return own_origin(request).startswith("https:")


def token(request: web.Request) -> str | None:
    """Ours are ASCII; another program on this machine may have set what it liked."""
    held = request.cookies.get(cookie_name(request))
    return held if held is not None and held.isascii() else None


async def signed_in(request: web.Request) -> int | None:
    held = token(request)
    return None if held is None else await sessions.unit_of(office(request), held)


async def unit(request: web.Request) -> int:
    """Raises Refused not_signed_in."""
    unit_id = await signed_in(request)
    if unit_id is None:
        raise Refused("not_signed_in")
    return unit_id
