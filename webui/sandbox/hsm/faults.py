"""What a service is told to do wrong, and the wrong answers themselves."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

_HUGE: Final = 64 * 1024 * 1024
_CHUNK: Final = b" " * 65_536
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answers(StrEnum):
    GOOD = "good"
    HALF = "half"  # the connection breaks within the answer
    HUGE = "huge"
    DRIP = "drip"  # an octet a second, for ever
    MALFORMED = "malformed"  # JSON that ends too early
    HTML = "html"  # status 200 and a web page
    REDIRECT = "redirect"
    ERROR = "error"  # status 500


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`wrong_key` signs with another key than the certificate's; `wrong_name` shows a TLS
    certificate of another host; `clock` is how many seconds the service's clock is ahead.
    """

    latency: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    down: bool = False
    answers: Answers = Answers.GOOD
    redirect_to: Annotated[str, Meta(max_length=300)] = "https://127.0.0.1:9/"
    wrong_key: bool = False
    wrong_name: bool = False
    clock: Annotated[float, Meta(ge=-86_400, le=86_400)] = 0.0


def merged(present: Faults, change: Mapping[str, Any], *, from_a_form: bool = False) -> Faults:
    """`present` with the fields of `change`. Raises ValueError, naming what is wrong."""
    whole = {**msgspec.to_builtins(present), **change}
    return msgspec.convert(whole, Faults, strict=not from_a_form)


def misbehaving(faults: Callable[[], Faults]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """A middleware: late, and instead of the good answer the wrong one."""

    @web.middleware
    async def judge(request: web.Request, handler: _Handler) -> web.StreamResponse:
        now = faults()
        await asyncio.sleep(now.latency)
        match now.answers:
            case Answers.GOOD:
                response = await handler(request)
                response.headers["Date"] = _date(now.clock)
                return response
            case Answers.MALFORMED:
                return _json(b'{"status": 0, "obj": "')
            case Answers.HTML:
                return web.Response(text="<h1>Bảo trì</h1>", content_type="text/html")
            case Answers.REDIRECT:
                return web.Response(status=307, headers={"Location": now.redirect_to})
            case Answers.ERROR:
                return web.Response(status=500, text="oops")
            case Answers.HALF | Answers.HUGE | Answers.DRIP:
                return await _bit_by_bit(request, now.answers)

    return judge


def _date(ahead: float) -> str:
    """By the service's own clock (RFC 9110 §6.6.1)."""
    return formatdate(time.time() + ahead, usegmt=True)


async def _bit_by_bit(request: web.Request, kind: Answers) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if kind is Answers.HALF:
        response.content_length = 1000
    await response.prepare(request)
    match kind:
        case Answers.HALF:
            await response.write(b'{"status": 0,')
            if request.transport is not None:
                request.transport.abort()
        case Answers.DRIP:
            while True:
                await response.write(b" ")
                await asyncio.sleep(1)
        case _:
            for _ in range(_HUGE // len(_CHUNK)):
                await response.write(_CHUNK)
    return response


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
