"""Doors to services that tests play in this process, and answers without any door."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from agent.errors import ServiceError
from agent.hsm.door import Door
from agent.hsm.https import Doors

T = TypeVar("T")


@asynccontextmanager
async def plain_door(base: str) -> AsyncIterator[Door]:
    """The agent's own, to plain http on this machine."""
    async with Doors(loopback_http=True) as doors:
        yield doors.to(base)


@dataclass(frozen=True, kw_only=True)
class Said:
    """An Answer that nobody sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "csc.example.vn"

    def read(self, kind: type[T]) -> T:
        said = self.headers.get("Content-Type", "").split(";")[0]
        if said != "application/json":
            raise ServiceError("service_malformed", host=self.host)
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (ValueError, RecursionError):
            raise ServiceError("service_malformed", host=self.host) from None
