"""A host of a signing service in this process, over https, that misbehaves when it is told to.

async with ServiceHost() as service:
    service.answers["/csc/v1/info"] = {"specs": "1.0.4.0"}        # JSON, status 200
    service.answers["/x"] = handler                               # any aiohttp handler
    async with service.doors() as doors:
        answer = await doors.to(service.base).get("/csc/v1/info")
    assert service.asked[0].headers["Authorization"] == …
"""

import asyncio
import ipaddress
import json
import shutil
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.hsm.https import Doors
from tests.support.pki import DAY, NOW, Authority, Holder, Urls, ec_key

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes


def tls_certificate(by: Authority, *, name: str = "127.0.0.1", expired: bool = False) -> Holder:
    """A server's certificate for an address or a name, by that authority."""
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    return by.issue(
        name,
        mst=None,
        usage=("digital_signature",),
        eku=(ExtendedKeyUsageOID.SERVER_AUTH,),
        key=ec_key("tls"),
        urls=Urls(),
        extensions=((x509.SubjectAlternativeName([subject]), False),),
        not_before=NOW - 30 * DAY,
        not_after=NOW - DAY if expired else NOW + 30 * DAY,
    )


class ServiceHost:
    """`asked` is everything that came, in order. `answers` maps a path without its query."""

    def __init__(self, *, certificate: Holder | None = None, tls: bool = True) -> None:
        self.authority = Authority.root("Test TLS Root")
        self.answers: dict[str, Any] = {}
        self.asked: list[Asked] = []
        #: Set when the service ends, for handlers that keep their caller waiting until then.
        self.over = asyncio.Event()
        self._certificate = certificate
        self._tls = tls
        self._folder = Path()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def base(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    @property
    def ca(self) -> Path:
        """The authority behind the service's TLS certificate, as a PEM file."""
        path = self._folder / "ca.pem"
        path.write_bytes(self.authority.pem)
        return path

    def doors(self, *, trusted: bool = True, loopback_http: bool = False) -> Doors:
        return Doors(ca=(self.ca,) if trusted else (), loopback_http=loopback_http)

    async def __aenter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="service-host-"))
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            "127.0.0.1",
            0,
            ssl_context=self._tls_context() if self._tls else None,
        )
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over.set()
        if self._runner is not None:
            await self._runner.cleanup()
        shutil.rmtree(self._folder)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            Asked(
                method=request.method,
                path=request.path_qs,
                headers=request.headers.copy(),
                body=await request.read(),
            )
        )
        answer = self.answers.get(request.path)
        if answer is None:
            return web.json_response({"error": "no such path"}, status=404)
        if callable(answer):
            return await answer(request)
        return web.json_response(answer)

    def _tls_context(self) -> ssl.SSLContext:
        holder = self._certificate or tls_certificate(self.authority)
        file = self._folder / "server.pem"
        private = holder.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(holder.pem + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def json_answer(value: Any, *, status: int = 200, **headers: str) -> Handler:
    """Answers so, once or often."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(
            body=json.dumps(value).encode(),
            status=status,
            content_type="application/json",
            headers=headers,
        )

    return handler
