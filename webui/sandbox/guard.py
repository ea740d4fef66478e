"""Who may talk to the sandbox's pages: this machine's people, not the pages in their browsers.

1. Host must be literally 127.0.0.1, [::1] or localhost with our port (T4: DNS rebinding).
2. A request that changes something must come from our own page or from no page at all: any other
   Origin is refused (T1, T2). Programs send no Origin.
3. Every page says what it may load (our own style and script) and that nobody may frame it.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

_SAFE: Final = frozenset({"GET", "HEAD"})
_NAMES: Final = ("127.0.0.1", "[::1]", "localhost")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers then send our own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guard(port: Callable[[], int], *, public: str) -> Callable[..., Awaitable[web.StreamResponse]]:
    """A middleware. Paths under `public` (the CA's) are for every program: nothing there is secret
    or can be changed, and some verifiers (openssl ocsp) send a Host without its port, or none.
    """

    @web.middleware
    async def judge(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not request.path.startswith(public):
            _judge(request, port())
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise
        response.headers.update(_HEADERS)
        return response

    return judge


def _judge(request: web.Request, port: int) -> None:
    hosts = {f"{name}:{port}" for name in _NAMES}
    if request.headers.get("Host", "").lower() not in hosts:
        raise web.HTTPForbidden(text="unknown host\n")
    origins = request.headers.getall("Origin", [])
    own = {f"http://{host}" for host in hosts}
    if request.method not in _SAFE and not own.issuperset(origins):
        raise web.HTTPForbidden(text="unknown origin\n")
