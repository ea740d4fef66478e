"""The edge as a real browser meets it: what it sends cannot be chosen by a page, nor by a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

from agent.consent.prompts import Grant
from tests.support.edge import Running, running
from tests.support.prompts import Allow, Approve, ScriptedUser, Wait
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

CONNECT = """(url) => new Promise(done => {
    const socket = new WebSocket(url, ["openkyso.v1"]);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""

CONVERSE = """async (url) => {
    const socket = new WebSocket(url, ["openkyso.v1"]);
    await new Promise(done => { socket.onopen = done; });
    const answers = new Map();
    socket.onmessage = event => {
        const message = JSON.parse(event.data);
        answers.get(message.id)?.(message.result ?? message.error.data.code);
    };
    let last = 0;
    window.call = (method, params) => new Promise(done => {
        answers.set(++last, done);
        socket.send(JSON.stringify({jsonrpc: "2.0", id: last, method, params}));
    });
    return await window.call("hello", {versions: [1], client: "page"});
}"""


async def _page(request: web.Request) -> web.Response:
    del request
    sandboxed = '<iframe sandbox="allow-scripts" srcdoc="<p>x</p>"></iframe>'
    return web.Response(text=f"<!DOCTYPE html>{sandboxed}", content_type="text/html")


@asynccontextmanager
async def visited(agent: Running) -> AsyncIterator[tuple[Page, str]]:
    """A page on loopback, open in Chromium, and its origin."""
    site = web.Application()
    site.router.add_get("/", _page)
    async with TestServer(site) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--host-resolver-rules=MAP evil.test 127.0.0.1"],
        )
        page = await browser.new_page()
        origin = f"http://127.0.0.1:{server.port}"
        await page.goto(origin)
        try:
            yield page, origin
        finally:
            await browser.close()


async def test_a_page_finds_asks_and_signs(tmp_path: Path) -> None:
    card, user = Card(), ScriptedUser(Allow(Grant.ONCE), Approve())
    async with (
        running(tmp_path, tokens=MemoryTokens(card), user=user, allowed=()) as agent,
        visited(agent) as (page, origin),
    ):
        found = await page.evaluate("url => fetch(url).then(r => r.json())", f"{agent.url}/ping")
        assert found["product"] == "OpenKySo"
        hello = await page.evaluate(CONVERSE, f"ws://127.0.0.1:{agent.port}/v1")
        assert (hello["origin"], hello["rights"]) == (origin, "none")
        assert await page.evaluate("call('tokens.list', {})") == "not_allowed"
        granted = await page.evaluate("call('site.request', {})")
        assert granted == {"granted": "once", "digests": False}
        order = {"document": "PGEvPg==", "name": "a.xml", "profile": "test"}
        signed = await page.evaluate("order => call('sign.xml', order)", order)

    assert signed["certificate"]["id"] == card.id
    assert user.asked[0].asker.origin == origin


async def test_every_name_of_loopback_will_do_and_no_other(tmp_path: Path) -> None:
    async with running(tmp_path) as agent, visited(agent) as (page, _):
        outcomes = {
            host: await page.evaluate(CONNECT, f"ws://{host}:{agent.port}/v1")
            for host in ("127.0.0.1", "localhost", "[::1]", "evil.test")
        }

    assert outcomes == {
        "127.0.0.1": "open",
        "localhost": "open",
        "[::1]": "open",
        "evil.test": "refused",
    }


async def test_a_sandboxed_frame_has_no_origin_and_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as agent, visited(agent) as (page, _):
        frame = page.frames[1]

        assert await frame.evaluate(CONNECT, f"ws://127.0.0.1:{agent.port}/v1") == "refused"


async def test_closing_the_tab_closes_the_window(tmp_path: Path) -> None:
    user = ScriptedUser(Allow(), Wait())
    tokens = MemoryTokens(Card())
    async with (
        running(tmp_path, tokens=tokens, user=user, allowed=()) as agent,
        visited(agent) as (page, _),
    ):
        await page.evaluate(CONVERSE, f"ws://127.0.0.1:{agent.port}/v1")
        await page.evaluate("call('site.request', {})")
        await page.evaluate("() => { call('login', {nonce: btoa('0123456789abcdef')}); }")
        await eventually(lambda: user.open_windows, "the window")
        await page.close()
        await eventually(lambda: user.open_windows == 0, "the window to close")
