"""One web application for the pages, their JSON doors and the CA's services."""

from importlib import resources
from typing import TYPE_CHECKING

from aiohttp import web

from webui.sandbox.ca import http as ca
from webui.sandbox.guard import guard
from webui.sandbox.pages import api, certificates, control, dossiers, mailbox

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox


def application(sandbox: "Sandbox") -> web.Application:
    judge = guard(lambda: sandbox.ports["pages"], public="/ca/")
    app = web.Application(middlewares=[judge], client_max_size=256 * 1024)
    app.add_routes(ca.routes(sandbox.authority))
    for part in (control, dossiers, mailbox, certificates, api):
        app.add_routes(part.routes(sandbox))
    app.add_routes([web.get("/sandbox.css", _style)])
    return app


async def _style(_request: web.Request) -> web.Response:
    source = resources.files("webui.sandbox.pages").joinpath("sandbox.css")
    return web.Response(text=source.read_text("utf-8"), content_type="text/css")
