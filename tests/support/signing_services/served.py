"""An aiohttp application on a loopback port, with the agent's own door to it."""

import hashlib
from contextlib import AsyncExitStack
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from agent.hsm.api import ToSign
from agent.hsm.door import Door
from agent.hsm.https import Doors
from tests.support.pki import MST, Authority, Holder, Urls

ROOT = Authority.root()
CA = Authority.under(ROOT, urls=Urls())


def unit(name: str = "CÔNG TY CỔ PHẦN MẪU") -> Holder:
    return CA.issue(name, mst=MST)


def to_sign(text: str = "<Hoso/>", name: str = "Tờ khai 05-SĐ.xml") -> ToSign:
    message = text.encode()
    return ToSign(name=name, digest=hashlib.sha256(message).digest(), message=message)


class Served:
    """Use as an asynchronous context; subclasses add their routes to `app`."""

    def __init__(self) -> None:
        self.app = web.Application()
        self._stack = AsyncExitStack()
        self._door: Door | None = None

    @property
    def door(self) -> Door:
        assert self._door is not None
        return self._door

    async def __aenter__(self) -> Self:
        server = await self._stack.enter_async_context(TestServer(self.app))
        doors = await self._stack.enter_async_context(Doors(loopback_http=True))
        self._door = doors.to(f"http://127.0.0.1:{server.port}")
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()
