"""Large documents through the agent as users have it: from a real browser; killed on the way."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, async_playwright

from protocol.client import Stream
from tests.support import pdf
from tests.support.agent_process import ROOT, AgentProcess, script
from tests.support.pki import Authority, Holder, Responder, Urls
from tests.support.softhsm import new_softhsm
from tests.support.waiting import eventually

LABEL = "OpenKySo Test"
MB = 1_000_000
SIZE = 50 * MB
SIGN = """async ({port, profile, name}) => {
    const { OpenKySo } = await import("/js/openkyso.js");
    const agent = await OpenKySo.connect({ client: "Test", ports: [port] });
    await agent.requestSite();
    const document = await (await fetch(`/files/${name}`)).blob();
    const moved = { sending: 0, receiving: 0 };
    const signed = await agent.signDocument({
        document, name, profile,
        onProgress: ({ stage, done }) => { if (stage in moved) moved[stage] = done; },
    });
    await fetch(`/files/${name}.signed`, { method: "POST", body: signed.document });
    agent.close();
    return { ...moved, size: signed.size, blob: signed.document instanceof Blob };
}"""
UPLOAD = """async ({port}) => {
    const { OpenKySo } = await import("/js/openkyso.js");
    const agent = await OpenKySo.connect({ client: "Test", ports: [port] });
    await agent.requestSite();
    const document = new Blob(Array(64).fill(new Uint8Array(4 * 2 ** 20)));
    await new Promise((begun) => {
        const onProgress = ({ stage, done }) => stage === "sending" && done > 2 ** 23 && begun();
        agent.signDocument({ document, name: "x", profile: "pades", onProgress }).catch(() => {});
    });
}"""


class World:
    def __init__(self, directory: Path, agent: AgentProcess, unit: Holder, root: Path) -> None:
        self.directory = directory
        self.agent = agent
        self.unit = unit
        self.root = root

    def kept(self) -> list[Path]:
        spool = self.directory / "data" / "spool"
        return [one for one in spool.rglob("*") if one.is_file()]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Responder() as responder:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        path = tmp_path / "root.pem"
        path.write_bytes(root.pem + ca.pem)
        hsm = new_softhsm(tmp_path / "hsm")
        token = hsm.new_token(LABEL)
        unit = ca.issue()
        token.add_key(unit.key, label="key", key_id=b"\x01")
        token.add_certificate(unit.certificate, label="key", key_id=b"\x01")
        agent = AgentProcess(
            tmp_path,
            modules=[hsm.library],
            roots=[path],
            environment=hsm.environment,
            consent=script(only_tokens=[LABEL]),
        )
        yield World(tmp_path, agent, unit, path)


@asynccontextmanager
async def visited(folder: Path) -> AsyncIterator[BrowserContext]:
    """A site that serves the files of a folder and takes what was made of them; a browser there."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>x</title>", content_type="text/html")

    async def get(request: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / request.match_info["name"])

    async def post(request: web.Request) -> web.Response:
        with (folder / request.match_info["name"]).open("wb") as file:
            async for piece in request.content.iter_any():
                file.write(piece)
        return web.Response()

    site = web.Application()
    site.router.add_get("/", index)
    site.router.add_get("/files/{name}", get)
    site.router.add_post("/files/{name}", post)
    site.router.add_static("/js", ROOT / "protocol" / "js")
    async with TestServer(site) as server, async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = await browser.new_context(base_url=f"http://127.0.0.1:{server.port}")
        context.set_default_timeout(90_000)
        try:
            yield context
        finally:
            await browser.close()


def large_pdf(path: Path) -> None:
    """Of SIZE bytes, nearly all of them in a stream that no page uses."""
    document = pdf.file()
    ballast = "x" * (SIZE - len(document) - 500)
    path.write_bytes(pdf.appended(document, {90: pdf.stream(ballast)}))


@pytest.mark.browser
async def test_fifty_megabytes_in_a_browser(world: World, tmp_path: Path) -> None:
    """One browser and one agent for three stories: each takes seconds to start."""
    (tmp_path / "any").write_bytes(bytes(range(250)) * (SIZE // 250))
    large_pdf(tmp_path / "a.pdf")
    with world.agent as agent:
        async with visited(tmp_path) as browser:
            await signed_beside_the_document(world, browser, tmp_path)
            await signed_inside_a_pdf(world, browser, tmp_path)
            await gone_when_the_tab_is_closed_on_the_way(world, browser)
    assert agent.exit_status == 0


async def signed_in(browser: BrowserContext, world: World, profile: str, name: str) -> dict:
    """What the page noted; the signed document is the file NAME.signed."""
    page = await browser.new_page()
    await page.goto("/")
    options = {"port": world.agent.record["port"], "profile": profile, "name": name}
    told = await page.evaluate(SIGN, options)
    await page.close()
    return told


async def signed_beside_the_document(world: World, browser: BrowserContext, folder: Path) -> None:
    told = await signed_in(browser, world, "cades-detached", "any")

    signed = folder / "any.signed"
    assert told["sending"] == SIZE
    assert told["blob"]
    assert told["receiving"] == told["size"] == signed.stat().st_size
    await eventually(lambda: not world.kept(), "the document to go")
    judged = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signed,
         "-content", folder / "any", "-CAfile", world.root, "-purpose", "any",
         "-out", "/dev/null"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stderr


async def signed_inside_a_pdf(world: World, browser: BrowserContext, folder: Path) -> None:
    told = await signed_in(browser, world, "pades", "a.pdf")

    document, signed = folder / "a.pdf", folder / "a.pdf.signed"
    size = document.stat().st_size
    assert told["sending"] == size
    assert told["receiving"] == signed.stat().st_size > size
    with document.open("rb") as before, signed.open("rb") as after:
        assert after.read(size) == before.read()
    judged = subprocess.run(["pdfsig", signed], check=False, capture_output=True, text=True)
    assert "Signature is Valid." in judged.stdout, judged.stdout + judged.stderr


async def gone_when_the_tab_is_closed_on_the_way(world: World, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto("/")
    await page.evaluate(UPLOAD, {"port": world.agent.record["port"]})
    assert world.kept()

    await page.close()

    await eventually(lambda: not world.kept(), "the document to go")


async def test_an_agent_that_is_killed_on_the_way_leaves_nothing_after_its_restart(
    world: World,
) -> None:
    begun = asyncio.Event()

    async def without_end() -> AsyncIterator[bytes]:
        yield bytes(3 * MB)
        begun.set()
        await asyncio.Event().wait()

    async def upload(agent: AgentProcess) -> None:
        async with agent.connected() as client:
            await client.sign_document(Stream(9 * MB, without_end()), name="x", profile="pades")

    with world.agent as agent:
        uploading = asyncio.create_task(upload(agent))
        await begun.wait()
        await eventually(lambda: sum(p.stat().st_size for p in world.kept()), "the file")
        assert agent.process is not None
        agent.process.kill()
        agent.process.wait()
        (agent.runtime / "agent.json").unlink()
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)
        assert world.kept(), "or the restart has nothing to remove"

    with world.agent:
        assert world.kept() == []
