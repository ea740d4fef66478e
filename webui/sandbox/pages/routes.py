"""One web application for the pages, their JSON doors and the CA's services."""

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import TYPE_CHECKING, Final

from aiohttp import web

from webui.sandbox.ca import http as ca
from webui.sandbox.guard import guard
from webui.sandbox.pages import api, certificates, control, dossiers, mailbox, phone, services

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_FILES: Final = {
    "sandbox.css": "text/css",
    "fresh.js": "text/javascript",
    "world.svg": "image/svg+xml",
}


def application(sandbox: "Sandbox") -> web.Application:
    judge = guard(lambda: sandbox.ports["pages"], public="/ca/")
    app = web.Application(middlewares=[judge], client_max_size=256 * 1024)
    app.add_routes(ca.routes(sandbox.authority))
    for part in (control, dossiers, mailbox, certificates, services, phone, api):
        app.add_routes(part.routes(sandbox))
    app.add_routes([web.get(f"/{name}", _file(name, kind)) for name, kind in _FILES.items()])
    return app


def _file(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    text = resources.files("webui.sandbox.pages").joinpath(name).read_text("utf-8")

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type=content_type)

    return serve
