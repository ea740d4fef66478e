"""`kyso demo`, whole: every part a real process or a real server, no browser."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from protocol.client import connect, native_token
from protocol.errors import ProtocolError
from protocol.messages import CertificateFilter, CertificatesSelectParams, SignXmlParams
from protocol.version import PATH
from tests.support.demo import DemoProgram
from tests.support.waiting import eventually, wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProgram]:
    with DemoProgram(tmp_path_factory.mktemp("demo") / "data") as demo:
        yield demo


class Page:
    """What the page asks of its backend."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def get(self, path: str) -> Any:
        async with self._session.get(self._url + path) as got:
            assert got.status == 200, await got.text()
            return await got.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Origin": self._url}
        async with self._session.post(self._url + path, json=body, headers=headers) as got:
            assert got.status in {200, 201}, await got.text()
            return await got.json()


class Screen:
    """What a terminal has shown so far."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        return self._shown.decode("utf-8", "replace")

    def close(self) -> None:
        self._reader.join(10)
        os.close(self._descriptor)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any more
            while data := os.read(self._descriptor, 4096):
                self._shown += data


def processes_of(demo: DemoProgram) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(demo.data).encode() in command:
            found.append(int(entry.name))
    return found


async def test_the_story_from_login_to_bhxhs_letter(demo) -> None:
    told = demo.told
    jar = aiohttp.CookieJar(unsafe=True)  # "unsafe": by IP address
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        page = Page(session, told["url"])
        about = await page.get("/api/session")
        assert (about["demo"], about["scripted"]) == (True, True)
        assert about["mailbox_url"] == told["mailbox_url"]

        unit = await page.post("/api/login", {"mst": told["mst"], "password": told["password"]})
        known = (await page.get("/api/certificates"))["certificates"]
        assert [one["state"] for one in known] == ["dang-dung"]

        runtime = Path(told["agent_runtime"])
        token = native_token(runtime)
        # Not the port that demo.json names: another test may have had the agent started again.
        address = f"ws://127.0.0.1:{json.loads(runtime.read_text())['port']}{PATH}"
        async with connect(address, client="test", token=token) as agent:
            assert agent.greeting.demo
            wanted = CertificateFilter(mst=told["mst"], valid_now=True)
            chosen = await agent.select(CertificatesSelectParams(filter=wanted))
            added = await page.post(
                "/api/certificates",
                {
                    "certificate": b64encode(chosen.certificate.der).decode(),
                    "source": {"kind": "token", "label": told["token_label"], "serial": ""},
                },
            )
            draft = await page.post(
                "/api/adjustments",
                {
                    "certificate_id": added["id"],
                    "nguoi_lien_he": unit["nguoi_lien_he"],
                    "dien_thoai": unit["dien_thoai"],
                    "email": unit["email"],
                    "email_lap_lai": unit["email"],
                },
            )
            signed = await agent.sign_xml(
                SignXmlParams(
                    document=b64decode(draft["document"]),
                    name=draft["name"],
                    profile=draft["profile"],
                    certificate=chosen.certificate.id,
                )
            )
        dossier = await page.post(
            f"/api/adjustments/{draft['id']}/signed",
            {"document": b64encode(signed.document).decode()},
        )

        async def decided() -> Any:
            now = await page.get(f"/api/dossiers/{dossier['id']}")
            return now if now["decided_at"] else None

        result = await eventually(decided, "BHXH's answer", seconds=40)
        assert result["state"] == "chap-nhan", result
        states = {
            one["id"]: one["state"] for one in (await page.get("/api/certificates"))["certificates"]
        }
        assert states[added["id"]] == "dang-dung"
        assert sorted(states.values()) == ["da-thay-the", "dang-dung"]

        async def letters() -> Any:
            async with session.get(f"{told['pages_url']}/mailbox.json") as got:
                return (await got.json())["letters"]

        (letter,) = await eventually(letters, "a letter")
        assert letter["to"] == [unit["email"]]
        assert result["so_ho_so"] in letter["subject"]


def test_what_to_do_is_said_in_vietnamese_and_english(demo) -> None:
    said = demo.output

    for word in (demo.told["url"], demo.told["mst"], demo.told["password"], demo.told["pin"]):
        assert word in said
    assert f"accounts add {demo.told['hsm']['cyberhsm']['host']}" in said  # there is no window
    assert "không phải BHXH thật" in said
    assert "not the real BHXH" in said
    assert "TỰ ĐỘNG" in said


def test_a_second_demo_on_the_same_folder_is_refused_in_words(demo) -> None:
    assert "đang chạy ở cửa sổ khác" in DemoProgram(demo.data).refusal()


def test_an_agent_that_dies_is_started_again(demo) -> None:
    runtime = Path(demo.told["agent_runtime"])
    before = json.loads(runtime.read_text())["pid"]

    os.kill(before, signal.SIGKILL)

    def again() -> int | None:
        try:
            now = int(json.loads(runtime.read_text())["pid"])
        except (OSError, ValueError):
            return None
        return now if now != before else None

    assert wait_for(again, "another agent") != before
    assert "đang khởi động lại" in demo.output


def test_another_agent_on_the_same_port_is_refused_in_words(demo, tmp_path) -> None:
    """Pages would find that one first."""
    taken = json.loads(Path(demo.told["agent_runtime"]).read_text())["port"]

    said = DemoProgram(tmp_path / "data", agent_ports=(taken,)).refusal()

    assert "kyso-agent stop" in said
    assert str(taken) in said


def test_with_nobody_to_ask_it_says_so(tmp_path) -> None:
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with DemoProgram(tmp_path / "data", headless=False, environment=environment) as alone:
        assert "--headless" in alone.output
        assert alone.told["scripted"] is False


def test_without_a_display_the_agent_asks_in_the_terminal(tmp_path) -> None:
    """As somebody at a terminal sees it: a pseudo-terminal, and `site.request` from a page."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "webui", "demo", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(
        [*command, "--any-ports", "--no-window", "--agent-ports", "0"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""},
        start_new_session=True,
        # The terminal becomes the session's own, as in a shell.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one thread
    )
    os.close(theirs)
    screen = Screen(ours)
    try:
        notice = tmp_path / "data" / "demo.json"
        wait_for(notice.exists, "the demo to be ready", seconds=60)
        told = json.loads(notice.read_text())
        address = f"ws://127.0.0.1:{told['agent_port']}{PATH}"

        async def visit() -> str:
            async with connect(address, client="test", origin="https://app.example") as agent:
                asked = asyncio.create_task(agent.request_site())
                await eventually(lambda: "https://app.example" in screen.text, "the question")
                os.write(ours, b"\n")
                with contextlib.suppress(ProtocolError):
                    await asked
                return screen.text

        assert "https://app.example" in asyncio.run(visit())
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        screen.close()


class TestTheEnd:
    def test_ctrl_c_stops_everything_and_the_next_start_keeps_the_data(self, tmp_path) -> None:
        with DemoProgram(tmp_path / "data") as first:
            told, mine = first.told, processes_of(first)
            assert len(mine) >= 3

            assert first.stop() == 0

            wait_for(lambda: not processes_of(first), "the end of all processes")
            assert not (first.data / "demo.json").exists()

        with DemoProgram(tmp_path / "data") as second:
            ports = ("url", "pages_url", "gateway_url")
            assert [second.told[key] for key in ports] == [told[key] for key in ports]
            assert second.output.count("unit-new") == 1  # the token was made once

    @pytest.mark.parametrize("word", ["opening the demo world", "unit-new", "BHXH, mailbox, CA"])
    def test_ctrl_c_stops_it_while_it_starts(self, tmp_path, word) -> None:
        demo = DemoProgram(tmp_path / "data").start()
        wait_for(lambda: word in demo.output, word, seconds=60)

        # As a terminal does it: every process of the group hears it, the agent too.
        for pid in processes_of(demo):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)

        assert demo.stop() in {0, -signal.SIGINT}  # Python itself, before it listens
        wait_for(lambda: not processes_of(demo), "the end of all processes")
        assert "Traceback" not in demo.output

    def test_killed_it_leaves_no_process_behind(self, tmp_path) -> None:
        demo = DemoProgram(tmp_path / "data")
        with demo:
            assert len(processes_of(demo)) >= 3

            demo.kill()

            wait_for(lambda: not processes_of(demo), "the end of all processes")

    def test_an_agent_that_cannot_run_ends_it_with_its_last_words(self, tmp_path) -> None:
        said = DemoProgram(tmp_path / "data", agent_ports=(70_000,)).refusal()

        assert "server.ports" in said
        assert "Traceback" not in said

    def test_a_missing_softhsm_is_said_with_its_package(self, tmp_path) -> None:
        demo = DemoProgram(tmp_path / "data", environment={"PATH": "/nonexistent"})

        assert "apt install softhsm2" in demo.refusal()
