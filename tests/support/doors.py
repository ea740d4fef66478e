"""A small Door for tests of providers: plain http to loopback, the port's promises and no more."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import msgspec

from agent.errors import ServiceError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Said:
    """An Answer."""

    status: int = 200
    headers: Mapping[str, str]
    body: bytes
    host: str = "csc.example.vn"

    def read(self, kind: type[T]) -> T:
        said = self.headers.get("Content-Type", "").split(";")[0]
        if said != "application/json":
            raise ServiceError("service_malformed", host=self.host)
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (ValueError, RecursionError):
            raise ServiceError("service_malformed", host=self.host) from None


class PlainDoor:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self.base = base
        self.host = base.removeprefix("http://")

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Said:
        return await self._ask("GET", path, None, dict(headers or {}))

    async def post(
        self,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Said:
        return await self._ask(
            "POST", path, body, {"Content-Type": content_type, **(headers or {})}
        )

    async def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Said:
        async with self._session.request(
            method, self.base + path, data=body, headers=headers, allow_redirects=False
        ) as response:
            if response.status in (301, 302, 303, 307, 308):
                raise ServiceError("service_redirected", host=self.host)
            return Said(
                status=response.status,
                headers=response.headers.copy(),
                body=await response.read(),
                host=self.host,
            )


@asynccontextmanager
async def plain_door(base: str) -> AsyncIterator[PlainDoor]:
    async with aiohttp.ClientSession() as session:
        yield PlainDoor(session, base)
