"""What a stranger behind a service's address may do to us: nothing but to be refused in words."""

import asyncio
import contextlib
import gzip
import json
import logging
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from msgspec import Struct

from agent.errors import AgentError
from agent.hsm.https import Doors
from tests.support.pki import Authority
from tests.support.service_host import ServiceHost, json_answer, tls_certificate

SECRET = "mật-khẩu-5x9q"
HEADERS = {"Authorization": "Basic aHNtOjV4OXE="}
MIB = 1024 * 1024


class Info(Struct):
    specs: str
    methods: tuple[str, ...] = ()


@pytest.fixture
async def service() -> AsyncIterator[ServiceHost]:
    async with ServiceHost() as service:
        yield service


async def asked(service: ServiceHost, path: str = "/x", **options):
    async with service.doors() as doors:
        return await doors.to(service.base).get(path, headers=HEADERS, **options)


async def refused(service: ServiceHost, path: str = "/x", **options) -> str:
    """The code of what asking raises; nobody learns a secret by it."""
    with pytest.raises(AgentError) as caught:
        await asked(service, path, **options)
    return said_by(caught.value, service.host)


def said_by(error: AgentError, host: str) -> str:
    assert error.details == {"host": host}
    assert error.__suppress_context__ or error.__context__ is None
    return error.code


async def unreadable(service: ServiceHost, kind: type = Info) -> str:
    answer = await asked(service)
    with pytest.raises(AgentError) as caught:
        answer.read(kind)
    return said_by(caught.value, service.host)


async def test_get_and_post(service: ServiceHost) -> None:
    service.answers["/csc/v1/info"] = {"specs": "1.0.4.0", "methods": ["info"], "new": [1]}
    async with service.doors() as doors:
        door = doors.to(service.host)
        assert (door.host, door.base) == (service.host, service.base)
        got = await door.get("/csc/v1/info?a=b%2Fc", headers={"X-Own": "1"})
        assert got.status == 200
        assert got.headers["content-type"] == "application/json; charset=utf-8"
        assert got.read(Info) == Info(specs="1.0.4.0", methods=("info",))
        await door.post("/csc/v1/info", b"{}", headers=HEADERS)
    first, second = service.asked
    assert (first.method, first.path, first.headers["X-Own"]) == (
        "GET",
        "/csc/v1/info?a=b%2Fc",
        "1",
    )
    assert first.headers["Accept-Encoding"] == "identity"
    assert "Content-Type" not in first.headers
    assert (second.method, second.body) == ("POST", b"{}")
    assert second.headers["Content-Type"] == "application/json"
    assert second.headers["Authorization"] == HEADERS["Authorization"]


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 429, 500, 503])
async def test_what_a_status_means_is_the_providers_to_say(service: ServiceHost, status) -> None:
    service.answers["/x"] = json_answer({"specs": "e"}, status=status)
    answer = await asked(service)
    assert (answer.status, answer.read(Info).specs) == (status, "e")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("method", ["get", "post"])
async def test_no_secret_follows_a_redirect(service: ServiceHost, status, method) -> None:
    async with ServiceHost() as elsewhere:

        async def away(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": f"{elsewhere.base}/y"})

        service.answers["/x"] = away
        body = {"body": SECRET.encode()} if method == "post" else {}
        async with service.doors() as doors:
            door = doors.to(service.base)
            with pytest.raises(AgentError) as caught:
                await getattr(door, method)("/x", headers=HEADERS, **body)
        assert said_by(caught.value, service.host) == "service_redirected"
        assert len(service.asked) == 1
        assert elsewhere.asked == []


async def test_a_huge_answer_is_cut_off_without_reading_it_all(service: ServiceHost) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"[" * 65536)
            sent += 65536
            await asyncio.sleep(0)  # a write to TLS does not always let others run
        return response

    service.answers["/x"] = endless
    assert await refused(service) == "service_malformed"
    assert sent < 32 * MIB


async def test_an_answer_of_exactly_the_limit_is_fine(service: ServiceHost) -> None:
    text = json.dumps({"specs": ""})
    service.answers["/x"] = json_answer({"specs": "x" * (MIB - len(text))})
    assert len((await asked(service)).read(Info).specs) == MIB - len(text)
    service.answers["/x"] = json_answer({"specs": "x" * (MIB - len(text) + 1)})
    assert await refused(service) == "service_malformed"


async def test_nothing_is_unpacked(service: ServiceHost) -> None:
    bomb = gzip.compress(b'{"specs":"' + b"x" * 64 * MIB + b'"}')

    async def packed(_: web.Request) -> web.Response:
        return web.Response(
            body=bomb, content_type="application/json", headers={"Content-Encoding": "gzip"}
        )

    service.answers["/x"] = packed
    assert (await asked(service)).body == bomb
    assert await unreadable(service) == "service_malformed"


async def test_a_service_that_never_answers(service: ServiceHost) -> None:
    async def silent(_: web.Request) -> web.Response:
        await service.over.wait()
        return web.Response()

    service.answers["/x"] = silent
    assert await refused(service, seconds=0.2) == "service_timeout"


async def test_a_service_that_drips(service: ServiceHost) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while not service.over.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response

    service.answers["/x"] = drip
    assert await refused(service, seconds=0.3) == "service_timeout"


async def test_half_an_answer(service: ServiceHost) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = 100
        await response.prepare(request)
        await response.write(b'{"specs": "1.0')
        assert request.transport is not None
        request.transport.abort()
        return response

    service.answers["/x"] = half
    assert await refused(service) == "service_unreachable"


async def test_a_connection_that_breaks(service: ServiceHost) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    service.answers["/x"] = broken
    assert await refused(service) == "service_unreachable"


async def test_a_post_is_never_sent_twice(service: ServiceHost) -> None:
    """A signature may be made though its answer is lost; and each wrong PIN counts."""
    service.answers["/ok"] = {}

    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    service.answers["/x"] = broken
    async with service.doors() as doors:
        door = doors.to(service.base)
        await door.post("/ok", b"{}")
        with pytest.raises(AgentError, match="service_unreachable"):
            await door.post("/x", b"{}")  # over the connection that was used before
    assert [each.path for each in service.asked] == ["/ok", "/x"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"specs": 1}',
        b'{"specs": "\xff"}',
        b'{"specs": "\\ud800"}',
        b'{"specs": "1.0"}{}',
        b'{"specs": "1.0", "methods": "info"}',
        b"<html></html>",
        b'{"specs": "1", "new": ' + b"[" * 33 + b"]" * 33 + b"}",
        b"[" * 500_000,
        b'{"specs": "' + b"[" * 40,
    ],
)
async def test_malformed_json(service: ServiceHost, body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    service.answers["/x"] = answer
    assert await unreadable(service) == "service_malformed"


async def test_many_brackets_are_not_deep(service: ServiceHost) -> None:
    service.answers["/x"] = {"specs": "[[[[" * 20, "methods": [], "new": [[]] * 100}
    assert (await asked(service)).read(Info).specs == "[[[[" * 20


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON;charset=UTF-8", True),
        ("application/problem+json", True),
        ("text/html; charset=utf-8", False),
        ("text/plain", False),
        ("application/jsonp", False),
        ("text/html;application/json", False),
    ],
)
async def test_only_what_says_that_it_is_json_is_read(service, content_type, is_json) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            body=b'\xef\xbb\xbf{"specs":"1"}', headers={"Content-Type": content_type}
        )

    service.answers["/x"] = answer
    if is_json:
        assert (await asked(service)).read(Info).specs == "1"
    else:
        assert await unreadable(service) == "service_malformed"


async def test_no_cookie_is_kept(service: ServiceHost) -> None:
    service.answers["/x"] = json_answer({}, **{"Set-Cookie": "who=am-i"})
    async with service.doors() as doors:
        for _ in range(2):
            await doors.to(service.base).get("/x")
    assert all("Cookie" not in each.headers for each in service.asked)


ROOT = Authority.root("Test TLS Root")


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(tls_certificate(ROOT, name="api.cyberhsm.vn"), id="another name"),
        pytest.param(tls_certificate(ROOT, name="127.0.0.2"), id="another address"),
        pytest.param(tls_certificate(ROOT, expired=True), id="expired"),
        pytest.param(tls_certificate(Authority.root("Someone")), id="by a stranger"),
        pytest.param(Authority.root("127.0.0.1"), id="self-signed"),
    ],
)
async def test_nothing_is_said_to_a_host_that_cannot_prove_itself(certificate) -> None:
    async with ServiceHost(certificate=certificate) as service:
        service.answers["/x"] = {}
        assert await refused(service) == "service_tls"
        assert service.asked == []


async def test_a_company_s_authority_must_be_added_to_be_believed(service: ServiceHost) -> None:
    service.answers["/x"] = {}
    async with service.doors(trusted=False) as doors:
        with pytest.raises(AgentError, match="service_tls"):
            await doors.to(service.base).get("/x")
    async with Doors(ca=(service.ca.parent / "none.pem", service.ca.parent)) as doors:
        assert (await doors.to(service.base).get("/x")).status == 200


async def test_authorities_may_be_der(service: ServiceHost) -> None:
    service.answers["/x"] = {}
    file = service.ca.with_name("ca.der")
    file.write_bytes(service.authority.der)
    async with Doors(ca=(file,)) as doors:
        assert (await doors.to(service.base).get("/x")).status == 200


async def test_https_to_a_host_without_it() -> None:
    async with ServiceHost(tls=False) as service, service.doors() as doors:
        with pytest.raises(AgentError, match="service_tls"):
            await doors.to(service.host).get("/x", headers=HEADERS)
        assert service.asked == []


async def test_plain_http_only_when_it_is_allowed() -> None:
    async with ServiceHost(tls=False) as service:
        service.answers["/x"] = {}
        with pytest.raises(AgentError, match="service_address"):
            service.doors().to(service.base)
        async with service.doors(loopback_http=True) as doors:
            assert (await doors.to(service.base).get("/x")).status == 200


async def test_what_answers_is_no_http() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.vn ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server, Doors(loopback_http=True) as doors:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AgentError, match="service_malformed"):
            await doors.to(f"http://127.0.0.1:{port}").get("/x")


async def test_nobody_there(service: ServiceHost) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        async with service.doors() as doors:
            with pytest.raises(AgentError, match="service_unreachable"):
                await doors.to(f"127.0.0.1:{taken.getsockname()[1]}").get("/x")


async def test_a_host_that_does_not_exist(service: ServiceHost) -> None:
    async with service.doors() as doors:
        with pytest.raises(AgentError) as caught:
            await doors.to("hsm.invalid").get("/x")
    assert said_by(caught.value, "hsm.invalid") == "service_unknown"


async def test_the_office_s_proxy_is_asked_and_sees_no_secret(service, monkeypatch) -> None:
    tunnels = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tunnels.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    service.answers["/x"] = {}
    async with server, service.doors() as doors:
        with pytest.raises(AgentError, match="service_unreachable"):
            await doors.to("api.cyberhsm.vn").get("/x", headers=HEADERS)
        assert (await doors.to(service.base).get("/x")).status == 200, "not for this very machine"
    assert tunnels[0].startswith(b"CONNECT api.cyberhsm.vn:443 ")
    assert HEADERS["Authorization"].encode() not in tunnels[0]
    assert len(tunnels) == 1


async def test_the_log_names_the_host_alone(service: ServiceHost, caplog) -> None:
    caplog.set_level(logging.DEBUG)

    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    service.answers["/x"] = broken
    async with service.doors() as doors:
        with pytest.raises(AgentError):
            await doors.to(service.base).post(
                "/x?5x9q", SECRET.encode(), headers={**HEADERS, "X-Own": "5x9q"}
            )
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert service.host in logged
    assert "5x9q" not in logged
    assert "aHNtOjV4OXE" not in logged


@pytest.mark.parametrize("path", ["", "x", "//x", "@evil.vn/", "/ữ", "/a b", "/x\r\nHost: evil.vn"])
async def test_no_path_leads_to_another_host(service: ServiceHost, path: str) -> None:
    with contextlib.suppress(ValueError):
        await asked(service, path)
    assert [each.headers["Host"] for each in service.asked] in ([], [service.host])


async def test_doors_that_were_never_used_close_too() -> None:
    async with Doors():
        pass


async def test_cancelling_leaves_nothing_behind(service: ServiceHost) -> None:
    async def silent(_: web.Request) -> web.Response:
        await service.over.wait()
        return web.Response()

    service.answers["/x"] = silent
    async with service.doors() as doors:
        asking = asyncio.create_task(doors.to(service.base).get("/x"))
        while not service.asked:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
