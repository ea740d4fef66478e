"""Bounds on what strangers answer, and on whom we ask."""

import asyncio
import gzip

import pytest
from aiohttp import web

from agent.certificates.fetch import FetchError, HttpFetcher, fetchable
from tests.support.pki import Responder


@pytest.mark.parametrize(
    ("url", "willing"),
    [
        ("http://ocsp.example.vn", True),
        ("https://ocsp.example.vn:8443/x?y", True),
        ("HTTP://OCSP.EXAMPLE.VN/", True),
        ("http://127.0.0.1:1234/", True),
        ("http://[::1]/", True),
        ("ldap://ca.example.vn/cn=x", False),
        ("file:///etc/passwd", False),
        ("ftp://ca.example.vn/x", False),
        ("javascript:alert(1)", False),
        ("http:///x", False),
        ("http:x", False),
        ("x", False),
        ("", False),
        ("http://[", False),
        ("http://a:99999/", False),
        ("http://a/" + "x" * 2000, False),
    ],
)
def test_whom_we_ask(url: str, willing: bool) -> None:
    assert fetchable(url) is willing


async def asked(responder: Responder, handler, **options) -> bytes:
    responder.override["/x"] = handler
    async with HttpFetcher() as fetcher:
        return await fetcher.fetch(
            f"{responder.url}/x", **({"limit": 1000, "timeout_seconds": 5.0} | options)
        )


async def refused(handler, **options) -> str:
    async with Responder() as responder:
        with pytest.raises(FetchError) as caught:
            await asked(responder, handler, **options)
        return str(caught.value)


async def test_get_and_post() -> None:
    async def echo(request: web.Request) -> web.Response:
        body = await request.read()
        return web.Response(body=f"{request.method} {request.content_type} ".encode() + body)

    async with Responder() as responder:
        assert (await asked(responder, echo)).startswith(b"GET ")
        answer = await asked(responder, echo, body=b"q", content_type="application/ocsp-request")
        assert answer == b"POST application/ocsp-request q"


async def test_a_large_answer_is_cut_off_without_reading_it_all() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                sent += 65536
        except ConnectionError:
            return response

    assert "more than 1000 bytes" in await refused(endless)
    assert sent < 64 * 1024 * 1024


async def test_an_answer_of_exactly_the_limit_is_fine() -> None:
    async def body(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1000)

    async with Responder() as responder:
        assert len(await asked(responder, body)) == 1000


async def test_nothing_is_unpacked() -> None:
    packed = gzip.compress(b"x" * 10_000)

    async def body(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with Responder() as responder:
        assert await asked(responder, body) == packed


async def test_silence_ends() -> None:
    over = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async with Responder() as responder:
        with pytest.raises(FetchError, match="no answer within"):
            await asked(responder, silent, timeout_seconds=0.1)
        over.set()


async def test_nobody_there() -> None:
    async with HttpFetcher() as fetcher:
        with pytest.raises(FetchError):
            await fetcher.fetch("http://127.0.0.1:1/", limit=10, timeout_seconds=5.0)


@pytest.mark.parametrize("status", [204, 304, 400, 404, 500])
async def test_only_200_is_an_answer(status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    assert f"status {status}" in await refused(answer)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "ldap://127.0.0.1/", "//", "http://["]
)
async def test_no_redirect_leads_away_from_http(location: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    await refused(answer)


async def test_a_fetcher_that_was_never_used_closes_too() -> None:
    async with HttpFetcher():
        pass


async def test_cancelling_leaves_nothing_behind() -> None:
    over = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async with Responder() as responder:
        task = asyncio.create_task(asked(responder, silent))
        while "/x" not in responder.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()
