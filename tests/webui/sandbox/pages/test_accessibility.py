"""The sandbox's pages, judged by axe-core in both colour schemes and on a phone's width."""

import smtplib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium, violations
from tests.support.sandbox import SandboxProgram, signed_dossier
from tests.support.waiting import wait_for

pytestmark = pytest.mark.browser

PATHS = ("/", "/dossiers", "/mailbox", "/certificates")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    """With something to show: a dossier that was refused, its letter, a revoked certificate."""
    with SandboxProgram(tmp_path_factory.mktemp("sandbox")) as program:
        company = program.subscriber(mst="9900000143")
        program.set_faults(refuse={"ma_loi": "TN-900", "mo_ta": "Sai thông tin"})
        program.send(signed_dossier(company))
        wait_for(program.letters, "a letter")
        program.revoke(company)
        yield program


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_no_violations(browser, program, path, scheme) -> None:
    with browser.new_page(color_scheme=scheme, bypass_csp=False) as page:
        page.goto(program.places["pages_url"] + path)

        assert violations(page) == []


@pytest.mark.parametrize("path", PATHS)
def test_nothing_sticks_out_on_a_phone(browser, program, path) -> None:
    with browser.new_page(viewport={"width": 360, "height": 700}) as page:
        page.goto(program.places["pages_url"] + path)

        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_policy_is_satisfied(browser, program) -> None:
    complaints: list[str] = []
    with browser.new_page() as page:
        page.on("console", lambda said: complaints.append(said.text))
        for path in PATHS:
            page.goto(program.places["pages_url"] + path)

    assert complaints == []


def test_a_new_letter_appears_by_itself(browser, program) -> None:
    with browser.new_page() as page:
        page.goto(program.places["mailbox_url"])
        before = page.locator("article").count()
        with smtplib.SMTP("127.0.0.1", program.places["smtp_port"]) as client:
            client.sendmail("a@b.example", ["c@d.example"], b"Subject: fresh\r\n\r\nhello")

        page.get_by_role("heading", name="fresh").wait_for()
        assert page.locator("article").count() == before + 1


def test_a_button_pressed_shows_its_effect(browser, program) -> None:
    with browser.new_page() as page:
        page.goto(program.places["pages_url"])
        page.get_by_role("button", name="Ngừng").click()

        assert "đang ngừng" in page.locator("main").inner_text()
        assert program.call("/sandbox/gateway")["down"] is True

        page.get_by_role("button", name="Bình thường").click()
        assert program.call("/sandbox/gateway")["down"] is False
