import asyncio
from base64 import b64decode
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from webui.bhxh.gateway import (
    Acknowledged,
    IdempotencyKey,
    NeverReceived,
    NotDecided,
    NotDelivered,
    ReceiptDocument,
    RefusedAtTheDoor,
    Unknown,
)
from webui.bhxh.http_gateway import HttpGateway
from webui.config import Gateway, Secret

KEY = IdempotencyKey("a" * 32)
REFUSAL = {"ma_loi": "E1", "mo_ta": "Sai"}


@asynccontextmanager
async def facing(handler, **limits):
    """Our client facing a server that answers with `handler`; the requests it got."""
    seen = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append((request.method, request.path, dict(request.headers), await request.read()))
        return await handler(request) if callable(handler) else handler

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        settings = Gateway(
            url=str(server.make_url("/api")),
            password=Secret("mật-khẩu"),
            **{"answer_seconds": 2.0, **limits},
        )
        gateway = HttpGateway(settings, ivan_code="00100")
        yield gateway, seen
        await gateway.close()


def json(body, status=200, **headers) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


async def test_a_dossier_travels_with_its_key_and_the_ivans_password():
    answer = json({"ma_giao_dich": "GD1", "thoi_gian": "2026-11-23T10:00:00+07:00"}, 202)
    async with facing(answer) as (gateway, seen):
        outcome = await gateway.send(b"<Hoso/>", KEY)

    method, path, headers, body = seen[0]
    assert outcome == Acknowledged(transaction="GD1", at=datetime(2026, 11, 23, 3, tzinfo=UTC))
    assert (method, path, body) == ("POST", "/api/ivan/ho-so", b"<Hoso/>")
    assert headers["Idempotency-Key"] == KEY
    assert headers["Content-Type"] == "application/xml"
    scheme, _, credentials = headers["Authorization"].partition(" ")
    assert (scheme, b64decode(credentials).decode()) == ("Basic", "00100:mật-khẩu")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda: json(REFUSAL, 422), RefusedAtTheDoor(code="E1", text="Sai")),
        (lambda: json(REFUSAL, 400), RefusedAtTheDoor(code="E1", text="Sai")),
        # Not about the dossier, or not BHXH's own words: it waits.
        (lambda: json(REFUSAL, 401), NotDelivered),
        (lambda: json(REFUSAL, 403), NotDelivered),
        (lambda: web.Response(status=404, text="proxy"), NotDelivered),
        (lambda: json({}, 400), NotDelivered),
        (lambda: web.Response(status=302, headers={"Location": "http://x/"}), NotDelivered),
        (lambda: json({}, 429, **{"Retry-After": "7"}), NotDelivered),
        (lambda: web.Response(status=503), NotDelivered),
        # It may have arrived.
        (lambda: web.Response(status=500), Unknown),
        (lambda: web.Response(status=504), Unknown),
        (lambda: web.Response(status=202, text="<html>"), Unknown),
        (lambda: json({"ma_giao_dich": " "}, 202), Unknown),
        (lambda: json({"ma_giao_dich": "x" * 101}, 202), Unknown),
        (lambda: web.Response(status=202, body=b" " * 100_000), Unknown),
    ],
)
async def test_each_answer_to_a_dossier_has_one_meaning(answer, outcome):
    async with facing(answer()) as (gateway, _):
        got = await gateway.send(b"<Hoso/>", KEY)

    assert isinstance(got, outcome) if isinstance(outcome, type) else got == outcome


async def test_the_wish_to_wait_is_passed_on():
    async with facing(json({}, 503, **{"Retry-After": "120"})) as (gateway, _):
        got = await gateway.send(b"<Hoso/>", KEY)

    assert got.retry_after_seconds == 120


async def test_a_silent_gateway_is_unknown_and_not_failed():
    release = asyncio.Event()

    async def silent(_):
        await release.wait()
        return web.Response()

    async with facing(silent, answer_seconds=0.2, connect_seconds=0.2) as (gateway, _):
        assert await gateway.send(b"<Hoso/>", KEY) == Unknown(why="time-out")
        assert await gateway.ask(KEY) == Unknown(why="time-out")
        assert await gateway.receipt(KEY) == Unknown(why="time-out")
        release.set()


async def test_a_connection_cut_after_the_request_is_unknown():
    async def cut(request):
        request.transport.abort()
        return web.Response()

    async with facing(cut) as (gateway, _):
        assert isinstance(await gateway.send(b"<Hoso/>", KEY), Unknown)


async def test_no_connection_at_all_is_not_delivered():
    gateway = HttpGateway(Gateway(url=f"http://127.0.0.1:{unused_port()}"), ivan_code="00100")
    try:
        assert isinstance(await gateway.send(b"<Hoso/>", KEY), NotDelivered)
        assert isinstance(await gateway.ask(KEY), Unknown)
    finally:
        await gateway.close()


async def test_the_password_does_not_follow_a_redirect():
    elsewhere = []

    async def other(request):
        elsewhere.append(request)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", other)
    async with TestServer(app) as trap:
        away = web.Response(status=307, headers={"Location": str(trap.make_url("/"))})
        async with facing(away) as (gateway, _):
            await gateway.send(b"<Hoso/>", KEY)

    assert elsewhere == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda: json({"ma_giao_dich": "GD1", "trang_thai": "x"}), Acknowledged),
        (lambda: json(REFUSAL, 404), NeverReceived),
        (lambda: web.Response(status=404, text="proxy"), Unknown),
        (lambda: json(REFUSAL, 401), Unknown),
        (lambda: web.Response(status=500), Unknown),
        (lambda: web.Response(text="[]"), Unknown),
    ],
)
async def test_each_answer_to_a_question_has_one_meaning(answer, outcome):
    async with facing(answer()) as (gateway, seen):
        assert isinstance(await gateway.ask(KEY), outcome)

    assert seen[0][:2] == ("GET", f"/api/ivan/ho-so/{KEY}")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda: web.Response(body=b"<BHXH/>"), ReceiptDocument(document=b"<BHXH/>")),
        (lambda: web.Response(status=204), NotDecided()),
        (lambda: web.Response(status=404), Unknown(why="HTTP 404")),
        (lambda: web.Response(body=b"x" * 2_000_000), Unknown(why="_Oversized")),
    ],
)
async def test_each_answer_about_a_receipt_has_one_meaning(answer, outcome):
    async with facing(answer()) as (gateway, _):
        assert await gateway.receipt(KEY) == outcome


def test_the_password_is_in_no_repr():
    assert "bí mật" not in repr(Gateway(password=Secret("bí mật")))
