"""Large documents through the agent as users have it: from a real browser, and killed on the way."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

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
    const document = await (await fetch("/document")).blob();
    const moved = { sending: 0, receiving: 0 };
    const signed = await agent.signDocument({
        document, name, profile,
        onProgress: ({ stage, done }) => { if (stage in moved) moved[stage] = done; },
    });
    await fetch("/signed", { method: "POST", body: signed.document });
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
async def visited(document: Path, signed: Path) -> AsyncIterator[Page]:
    """A site that serves a document and takes what was made of it, and a browser there."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>x</title>", content_type="text/html")

    async def get(_: web.Request) -> web.FileResponse:
        return web.FileResponse(document)

    async def post(request: web.Request) -> web.Response:
        with signed.open("wb") as file:
            async for piece in request.content.iter_any():
                file.write(piece)
        return web.Response()

    site = web.Application()
    site.router.add_get("/", index)
    site.router.add_get("/document", get)
    site.router.add_post("/signed", post)
    site.router.add_static("/js", ROOT / "protocol" / "js")
    async with TestServer(site) as server, async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = await browser.new_page()
        page.set_default_timeout(90_000)
        await page.goto(f"http://127.0.0.1:{server.port}/")
        try:
            yield page
        finally:
            await browser.close()


def large_pdf(path: Path) -> None:
    """Of SIZE bytes, nearly all of them in a stream that no page uses."""
    document = pdf.file()
    ballast = "x" * (SIZE - len(document) - 500)
    path.write_bytes(pdf.appended(document, {90: pdf.stream(ballast)}))


@pytest.mark.browser
class TestFiftyMegabytesInABrowser:
    async def test_are_signed_beside_the_document(self, world: World, tmp_path: Path) -> None:
        document, signed = tmp_path / "document", tmp_path / "signed"
        document.write_bytes(bytes(range(250)) * (SIZE // 250))
        with world.agent as agent:
            async with visited(document, signed) as page:
                options = {"port": agent.record["port"], "profile": "cades-detached", "name": "x"}
                told = await page.evaluate(SIGN, options)
            assert world.kept() == []

        assert told["sending"] == SIZE
        assert told["blob"]
        assert told["receiving"] == told["size"] == signed.stat().st_size
        judged = subprocess.run(
            ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signed,
             "-content", document, "-CAfile", world.root, "-purpose", "any", "-out", "/dev/null"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert judged.returncode == 0, judged.stderr

    async def test_are_signed_inside_a_pdf(self, world: World, tmp_path: Path) -> None:
        document, signed = tmp_path / "document.pdf", tmp_path / "signed.pdf"
        large_pdf(document)
        with world.agent as agent:
            async with visited(document, signed) as page:
                options = {"port": agent.record["port"], "profile": "pades", "name": "x.pdf"}
                told = await page.evaluate(SIGN, options)

        size = document.stat().st_size
        assert told["sending"] == size
        assert told["receiving"] == signed.stat().st_size > size
        with document.open("rb") as before, signed.open("rb") as after:
            assert after.read(size) == before.read()
        judged = subprocess.run(["pdfsig", signed], check=False, capture_output=True, text=True)
        assert "Signature is Valid." in judged.stdout, judged.stdout + judged.stderr

    async def test_are_gone_when_the_tab_is_closed_on_the_way(
        self, world: World, tmp_path: Path
    ) -> None:
        with world.agent as agent:
            async with visited(tmp_path / "none", tmp_path / "none") as page:
                await page.evaluate(UPLOAD, {"port": agent.record["port"]})
                assert world.kept()
                await page.close()
                await eventually(lambda: not world.kept(), "the document to go")
        assert not list((world.directory / "data" / "spool").iterdir())


async def test_an_agent_that_is_killed_on_the_way_leaves_nothing_after_its_restart(
    world: World,
) -> None:
    begun = asyncio.Event()

    async def without_end() -> AsyncIterator[bytes]:
        yield bytes(3 * MB)
        begun.set()
        await asyncio.Event().wait()

    with world.agent as agent, pytest.raises(BaseExceptionGroup):
        async with agent.connected() as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(
                client.sign_document(Stream(9 * MB, without_end()), name="x", profile="pades")
            )
            await begun.wait()
            await eventually(lambda: sum(p.stat().st_size for p in world.kept()), "the file")
            assert agent.process is not None
            agent.process.kill()
            agent.process.wait()
            (agent.runtime / "agent.json").unlink()
            assert world.kept(), "or the test shows nothing"
            raise ConnectionError

    with world.agent:
        assert world.kept() == []
