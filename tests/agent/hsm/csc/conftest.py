"""Keys of a small PKI, for services that are played by tests.support.csc_service."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from agent.hsm.csc import Csc
from agent.hsm.csc.session import CscSession
from agent.hsm.provider import Login
from agent.secret import Secret
from tests.support.csc_service import CscService
from tests.support.doors import plain_door
from tests.support.pki import Authority, Holder, Urls, ec_key

NAME, PASSWORD = "minhhoa", "hsm-demo-2026"


@dataclass(frozen=True, kw_only=True)
class Certificates:
    root: Authority
    ca: Authority
    company: Holder
    ec: Holder

    @property
    def chain(self) -> tuple[bytes, ...]:
        return (self.ca.der, self.root.der)


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    root = Authority.root()
    ca = Authority.under(root, urls=Urls())
    return Certificates(
        root=root,
        ca=ca,
        company=ca.issue("CÔNG TY CỔ PHẦN MẪU"),
        ec=ca.issue("CÔNG TY KHÓA NGẮN", key=ec_key("csc")),
    )


SignedIn = Callable[[CscService], AbstractAsyncContextManager[CscSession]]


@pytest.fixture
def signed_in() -> SignedIn:
    """A service that runs, and a session with it."""

    @asynccontextmanager
    async def begin(service: CscService) -> AsyncIterator[CscSession]:
        async with service, plain_door(service.url) as door:
            yield await Csc().sign_in(door, login())

    return begin


def login(name: str = NAME, password: str = PASSWORD, **fields: str) -> Login:
    return Login(name=name, password=Secret(password), fields=fields)


async def sign_in(service: CscService, order: Login | None = None) -> CscSession:
    """To a service that runs; the door is closed afterwards."""
    async with plain_door(service.url) as door:
        return await Csc().sign_in(door, order or login())
