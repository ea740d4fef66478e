"""Between the signature and the backend's "saved": cancelled, cut off, answered into the void."""

import json
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, WebSocket, expect

from tests.flows.clerk import Clerk
from tests.flows.conftest import NewCertificate, PlugIn
from tests.support.agent_process import AgentProcess
from tests.support.backend_process import BackendProcess
from tests.support.sandbox import SandboxProgram
from tests.support.waiting import wait_for

pytestmark = pytest.mark.browser

SIGNED = "**/api/adjustments/*/signed"


def held(sandbox: SandboxProgram, mst: str) -> int:
    return sum(dossier["mst"] == mst for dossier in sandbox.dossiers())


@pytest.fixture
def asked_of_the_agent(clerk: Clerk) -> list[str]:
    """The methods that the page has called, and the agent's refusals, by code."""
    methods: list[str] = []

    def refused(frame: str) -> None:
        if error := json.loads(frame).get("error"):
            methods.append(f"refused: {error['data']['code']}")

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: methods.append(json.loads(frame)["method"]))
        socket.on("framereceived", refused)

    clerk.page.on("websocket", listen)
    return methods


@pytest.fixture
def ready(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, asked_of_the_agent: object
) -> Clerk:
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()
    return clerk


def no_answer(page: Page) -> None:
    expect(page.get_by_text("Đã ký, nhưng chưa lưu được hồ sơ")).to_be_visible()


def test_a_backend_that_dies_before_saving_costs_a_retry_and_no_second_signature(
    ready: Clerk,
    sandbox: SandboxProgram,
    backend: BackendProcess,
    asked_of_the_agent: list[str],
) -> None:
    def die(route: Route) -> None:
        backend.kill()
        route.continue_()

    ready.page.route(SIGNED, die, times=1)
    ready.adjusts_by_way_1()
    no_answer(ready.page)
    ready.press("Thử lại")  # it is still down
    no_answer(ready.page)

    backend.start()  # and the page goes on by itself

    ready.sees_the_outcome("Chấp nhận")
    assert asked_of_the_agent.count("sign.xml") == 1
    assert held(sandbox, ready.mst) == 1


def test_an_answer_lost_after_saving_makes_one_dossier(
    ready: Clerk, sandbox: SandboxProgram, asked_of_the_agent: list[str]
) -> None:
    lost = []

    def lose_the_answer(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    ready.page.route(SIGNED, lose_the_answer, times=1)
    ready.adjusts_by_way_1()

    # The page asks whether anybody answers, and saves once more; too soon for the eye to see.
    ready.sees_the_outcome("Chấp nhận")
    assert lost == [200]
    assert asked_of_the_agent.count("sign.xml") == 1
    assert held(sandbox, ready.mst) == 1
    ready.opens("Lịch sử giao dịch")
    expect(ready.page.locator("a.dossier")).to_have_count(1)


@pytest.fixture
def slow_agent(clerk: Clerk, issue: NewCertificate, plug_in: PlugIn) -> AgentProcess:
    """The certificate is added; from now on the agent's user takes her time."""
    company = issue()
    quick = plug_in(company)
    clerk.registers()
    clerk.adds_the_certificate()
    quick.stop()
    return plug_in(company, delay=2.0)


def test_cancelling_while_the_agent_asks_closes_its_question_and_leaves_nothing_behind(
    clerk: Clerk,
    slow_agent: AgentProcess,
    sandbox: SandboxProgram,
    backend: BackendProcess,
    asked_of_the_agent: list[str],
) -> None:
    clerk.adjusts_by_way_1()
    clerk.sees("Đang kiểm tra chứng thư số")  # and now the agent's user is asked
    assert drafts(backend) == 1

    clerk.press("Hủy bỏ")

    expect(clerk.page.get_by_role("button", name="Ký và Gửi BH")).to_be_focused()
    assert asked_of_the_agent.count("cancel") == 1
    wait_for(lambda: drafts(backend) == 0, "the draft to go")
    assert "refused: cancelled" in asked_of_the_agent
    assert "sign.xml approved" not in slow_agent.log
    assert held(sandbox, clerk.mst) == 0
    clerk.press("Hủy bỏ")
    clerk.opens("Lịch sử giao dịch")
    clerk.sees("Chưa có hồ sơ nào")


def drafts(backend: BackendProcess) -> int:
    database = Path(backend.directory) / "kyso.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reading:
        (count,) = reading.execute("SELECT count(*) FROM drafts").fetchone()
    reading.close()
    return int(count)
