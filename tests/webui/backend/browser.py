"""A page's point of view: same origin, JSON, cookies."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from tests.webui.world import EMAIL, MST, PASSWORD, PROFILE
from webui.backend.app import make_app
from webui.config import Settings

REGISTRATION = {"mst": MST, "password": PASSWORD, "email_lap_lai": EMAIL, **PROFILE.as_columns()}


class Page:
    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.origin = str(client.make_url("/")).rstrip("/")

    async def call(self, method, path, body=None, *, headers=None, **named):
        given = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        given = {name: value for name, value in given.items() if value is not None}
        if body is not None:
            named["json"] = body
        async with self.client.request(method, path, headers=given, **named) as response:
            raw = await response.read()
            kind = response.content_type
            told = await response.json() if kind == "application/json" else raw
            return SimpleNamespace(
                status=response.status, headers=response.headers, body=told, raw=raw
            )

    async def get(self, path, **named):
        return await self.call("GET", path, **named)

    async def post(self, path, body=None, **named):
        return await self.call("POST", path, {} if body is None else body, **named)

    async def registered(self, **changes):
        answer = await self.post("/api/register", {**REGISTRATION, **changes})
        assert answer.status == 200, answer.body
        return answer.body


@asynccontextmanager
async def opened(office, settings: Settings | None = None):
    server = TestServer(make_app(office, settings or Settings()))
    client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
    await client.start_server()
    try:
        yield Page(client)
    finally:
        await client.close()
