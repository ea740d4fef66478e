"""The JavaScript client in a real browser: its permissions, its policies, and the demo page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, Route, async_playwright

from protocol.version import PORTS
from tests.support.chromium import AXE
from tests.support.protocol_agent import TOKEN, Serving, serving

pytestmark = pytest.mark.browser

LIBRARY = Path(__file__).parents[3] / "protocol" / "js"
STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
CONNECT = """async ({ports, patience}) => {
    const { OpenKySo } = await import("/js/openkyso.js");
    try {
        const agent = await OpenKySo.connect({ client: "Test", ports, patience });
        return agent.greeting.origin;
    } catch (error) {
        return error.code ?? String(error);
    }
}"""


@dataclass
class Site:
    """A vendor's site, and the browser that visits it."""

    origin: str
    page: Page
    agent: Serving

    async def connect(self, *, ports: list[int] | None = None, patience: int = 3000) -> str:
        """The origin that the agent saw, or the code of the error."""
        options = {"ports": ports or [self.agent.port], "patience": patience}
        return await self.page.evaluate(CONNECT, options)


@asynccontextmanager
async def visited(*, policy: str | None = None, public: bool = False) -> AsyncIterator[Site]:
    """With `public` the browser takes the site to be on the internet, as vendors' sites are."""

    @web.middleware
    async def with_policy(request: web.Request, handler) -> web.StreamResponse:
        response = await handler(request)
        if policy is not None:
            response.headers["Content-Security-Policy"] = policy
        return response

    async def index(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>x</title>", content_type="text/html")

    application = web.Application(middlewares=[with_policy])
    application.router.add_get("/", index)
    application.router.add_static("/js", LIBRARY)
    async with serving() as agent, TestServer(application) as server, async_playwright() as driver:
        arguments = ["--no-sandbox"]
        if public:
            arguments.append(f"--ip-address-space-overrides=127.0.0.1:{server.port}=public")
        browser: Browser = await driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=arguments
        )
        page = await browser.new_page()
        page.set_default_timeout(15_000)
        origin = f"http://127.0.0.1:{server.port}"
        await page.goto(f"{origin}/")
        try:
            yield Site(origin, page, agent)
        finally:
            await browser.close()


class TestLocalNetworkAccess:
    async def test_a_page_on_this_machine_is_let_through(self):
        async with visited() as site:
            assert await site.connect() == site.origin

    async def test_a_public_page_whose_user_refused_is_told_so(self):
        # A headless browser has nobody to ask, and takes that for a refusal.
        async with visited(public=True) as site:
            assert await site.connect() == "permission_denied"

    async def test_a_public_page_whose_user_allowed_is_let_through(self):
        async with visited(public=True) as site:
            await site.page.context.grant_permissions(["local-network-access"])
            assert await site.connect() == site.origin

    async def test_what_the_browser_will_do_is_known_beforehand(self):
        async with visited(public=True) as site:
            ask = "import('/js/openkyso.js').then(({ permission }) => permission())"
            assert await site.page.evaluate(ask) == "prompt"
            await site.page.context.grant_permissions(["local-network-access"])
            assert await site.page.evaluate(ask) == "granted"

    async def test_a_frame_that_may_not_ask_is_told_so(self):
        async with visited(public=True) as site, visited_frame(site) as frame:
            options = {"ports": [site.agent.port], "patience": 3000}
            assert await frame.evaluate(CONNECT, options) == "frame_not_allowed"


@asynccontextmanager
async def visited_frame(site: Site):
    """A frame of another origin in the page, which was not given the permission to ask."""
    name = site.origin.replace("127.0.0.1", "localhost")
    await site.page.evaluate(
        """(address) => new Promise((loaded) => {
            const frame = document.createElement("iframe");
            frame.onload = loaded;
            frame.src = address;
            document.body.append(frame);
        })""",
        f"{name}/",
    )
    [_, frame] = site.page.frames
    yield frame


class TestContentSecurityPolicy:
    async def test_the_strictest_one_that_lets_the_agent_be_reached_will_do(self):
        policy = f"{STRICT} http://127.0.0.1:* ws://127.0.0.1:*"
        async with visited(policy=policy) as site:
            assert await site.connect() == site.origin

    async def test_one_that_does_not_is_named(self):
        async with visited(policy=STRICT) as site:
            assert await site.connect() == "blocked_by_csp"

    async def test_the_one_of_the_readme_covers_every_address(self):
        readme = (LIBRARY.parent / "README.md").read_text("utf-8")
        block = readme.split("```\nconnect-src")[1].split("```")[0]
        policy = STRICT.replace("connect-src 'self'", " ".join(["connect-src", *block.split()]))
        async with visited(policy=policy) as site:
            # Nobody listens there but, perhaps, an agent of this machine's user.
            assert await site.connect(ports=list(PORTS)) != "blocked_by_csp"


class TestAbsence:
    async def test_is_said_at_once(self, unused_tcp_port: int):
        async with visited() as site, asyncio.timeout(10):
            assert await site.connect(ports=[unused_tcp_port]) == "agent_not_found"

    async def test_is_said_after_patience_where_requests_are_held(self):
        async with visited() as site:
            site.agent.world.slow = True
            try:
                assert await site.connect(patience=100) == "permission_pending"
            finally:
                site.agent.world.slow = False


class TestTheDemoPage:
    @staticmethod
    @asynccontextmanager
    async def opened() -> AsyncIterator[Site]:
        policy = f"{STRICT} http://127.0.0.1:* ws://127.0.0.1:*"
        async with visited(policy=policy) as site:

            async def towards_ours(route: Route) -> None:
                source = (LIBRARY / "discovery.js").read_text("utf-8")
                ports = source.replace(str(list(PORTS)), f"[{site.agent.port}]")
                await route.fulfill(body=ports, content_type="text/javascript")

            await site.page.route("**/discovery.js", towards_ours)
            await site.page.goto(f"{site.origin}/js/demo.html")
            yield site

    async def test_connects_selects_signs_and_logs_in(self):
        async with self.opened() as site:
            page = site.page
            await page.get_by_role("button", name="Kết nối với phần mềm ký").click()
            await page.get_by_text("Đã kết nối.").wait_for()
            await page.get_by_text("Thẻ của kế toán").wait_for()
            await site.agent.world.plug()
            await page.get_by_text("Chưa cắm USB token nào.").wait_for()
            await site.agent.world.plug(TOKEN)
            await page.get_by_role("button", name="Chọn trong cửa sổ").click()
            await page.get_by_text("CÔNG TY TNHH ÁNH DƯƠNG", exact=True).wait_for()
            await page.get_by_role("button", name="Ký tài liệu").click()
            await page.get_by_text("Đã ký.").wait_for()
            assert (await page.input_value("#result")).endswith("<!-- signed -->")
            await page.get_by_role("button", name="Đăng nhập bằng chữ ký số").click()
            await page.get_by_text("đã chứng minh mình giữ khóa").wait_for()

    async def test_signs_a_file_and_offers_what_was_made(self, tmp_path: Path):
        content = bytes(range(256)) * 20_000
        (tmp_path / "hop-dong.pdf").write_bytes(content)
        async with self.opened() as site:
            page = site.page
            await page.get_by_role("button", name="Kết nối với phần mềm ký").click()
            await page.get_by_text("Đã kết nối.").wait_for()
            await page.get_by_label("Tệp cần ký").set_input_files(tmp_path / "hop-dong.pdf")
            await page.get_by_role("button", name="Ký tệp").click()
            await page.get_by_text("Đã ký tệp.").wait_for()
            async with page.expect_download() as downloading:
                await page.get_by_role("link", name="Tải tệp đã ký").click()
            download = await downloading.value
            signed = Path(await download.path()).read_bytes()

        assert download.suggested_filename == "hop-dong.signed.pdf"
        assert signed == content + b"<!-- signed -->"

    async def test_says_what_goes_wrong(self):
        async with self.opened() as site:
            page = site.page
            await page.get_by_role("button", name="Kết nối với phần mềm ký").click()
            await page.get_by_text("Đã kết nối.").wait_for()
            await site.agent.world.plug()
            await page.get_by_role("button", name="Chọn trong cửa sổ").click()
            await page.get_by_text("(no_certificate)").wait_for()
            await site.agent.world.drop()
            await page.get_by_text("(disconnected)").wait_for()

    async def test_is_accessible(self):
        async with self.opened() as site:
            await site.page.evaluate(AXE.read_text("utf-8"))
            report = await site.page.evaluate("axe.run(document, {resultTypes: ['violations']})")

            assert [found["id"] for found in report["violations"]] == []
