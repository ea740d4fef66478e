"""The aiohttp application: routes, static files, middlewares. Composition is webui/app.py's."""

from importlib import resources
from pathlib import Path

from aiohttp import web

from webui.backend import guard
from webui.backend.context import LARGE, OFFICE, SETTINGS
from webui.backend.routes import API
from webui.backend.routes.events import STREAMS, end_all
from webui.config import Settings
from webui.filing.office import Office


def make_app(office: Office, settings: Settings) -> web.Application:
    app = web.Application(middlewares=[guard.failures, guard.gate], client_max_size=LARGE)
    app[OFFICE] = office
    app[SETTINGS] = settings
    app[STREAMS] = set()
    for method, path, endpoint in API:
        app.router.add_route(method, path, endpoint)
    # The files below answer every other path, so what the API does not know must end here.
    app.router.add_route("*", "/api/{unknown:.*}", _unknown)
    app.router.add_get("/", _index)
    app.router.add_static("/protocol", _folder("protocol", "js"))
    app.router.add_static("/", _folder("webui", "static"))
    app.on_response_prepare.append(guard.add_headers)
    app.on_shutdown.append(end_all)
    return app


async def _unknown(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(_folder("webui", "static") / "index.html")


def _folder(package: str, name: str) -> Path:
    return Path(str(resources.files(package))) / name
