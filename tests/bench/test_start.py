"""How soon the programs are there after their start.

Run with: pytest -m bench -s tests/bench/test_start.py

Times are from just before the process is started, as a caller sees it, who looks every 30 ms.
"""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.backend_process import BackendProcess
from tests.support.chromium import chromium
from tests.support.demo import DemoProgram
from tests.support.measuring import tell_seconds

pytestmark = pytest.mark.bench

ROUNDS = 7


@pytest.fixture
def browser():
    # For one test: while Playwright's loop runs in this thread, no asynchronous test can.
    with chromium() as started:
        yield started


def form_is_usable(browser: Browser, url: str) -> None:
    """In a fresh profile, without a cache: what is typed arrives in the login form."""
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    page.goto(url, wait_until="commit")
    field = page.get_by_label("Mã số thuế")
    field.fill("9900000143")
    assert field.input_value() == "9900000143"
    context.close()


def test_the_agent_listens(office, tmp_path):
    seconds = []
    for _ in range(ROUNDS + 1):
        agent = office.agent(tmp_path / "agent")
        began = time.perf_counter()
        with agent:
            seconds.append(time.perf_counter() - began)
    # The first one reads the disk and makes the journal.
    tell_seconds("agent: process start to listening, warm", seconds[1:], target="1 s")


async def test_the_agent_knows_its_token(office, tmp_path):
    seconds = []
    for _ in range(ROUNDS):
        agent = office.agent(tmp_path / "agent")
        began = time.perf_counter()
        with agent:
            async with agent.connected() as client, client.watch_tokens() as changes:
                while not (await anext(changes)).tokens:
                    pass
                seconds.append(time.perf_counter() - began)
    tell_seconds("agent: process start to its token known", seconds)


@pytest.mark.browser
def test_the_page_is_usable(browser: Browser, new_agent, tmp_path: Path):
    """`kyso serve` alone, and the agent first and then the page, as one after the other."""
    first, alone, after_agent, both = [], [], [], []
    for number in range(ROUNDS):
        data = tmp_path / f"data-{number}"
        data.mkdir()
        first.append(_serve_and_open(browser, data))
        alone.append(_serve_and_open(browser, data))
        began = time.perf_counter()
        with new_agent():
            after_agent.append(_serve_and_open(browser, data))
            both.append(time.perf_counter() - began)
    tell_seconds("page: `kyso serve` start to form usable, first", first)
    tell_seconds("page: the same, database there", alone, target="2 s")
    tell_seconds("page: the same, while an agent runs", after_agent, target="2 s")
    tell_seconds("agent, then page, stops included", both)


def _serve_and_open(browser: Browser, data: Path) -> float:
    backend = BackendProcess(data)
    began = time.perf_counter()
    with backend:
        form_is_usable(browser, backend.url)
        return time.perf_counter() - began


@pytest.mark.browser
def test_the_demo_starts_again(browser: Browser, tmp_path: Path):
    """The second start is the one that is promised to take seconds and to keep the data."""
    began = time.perf_counter()
    with DemoProgram(tmp_path / "demo") as demo:
        first = time.perf_counter() - began
        form_is_usable(browser, demo.told["url"])
    again, usable = [], []
    for _ in range(3):
        began = time.perf_counter()
        with DemoProgram(tmp_path / "demo") as demo:
            again.append(time.perf_counter() - began)
            form_is_usable(browser, demo.told["url"])
            usable.append(time.perf_counter() - began)
    tell_seconds("`kyso demo`: first start to ready", [first])
    tell_seconds("`kyso demo`: later start to ready", again)
    tell_seconds("`kyso demo`: later start to form usable", usable)
