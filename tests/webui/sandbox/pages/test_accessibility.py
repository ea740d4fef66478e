"""The sandbox's pages, judged by axe-core in both colour schemes and on a phone's width."""

import json
import smtplib
import ssl
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium, violations
from tests.support.sandbox import SandboxProgram, signed_dossier
from tests.support.waiting import wait_for

MST = "9900000143"
pytestmark = pytest.mark.browser

PATHS = ("/", "/dossiers", "/mailbox", "/certificates", "/services", "/phone")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    """With something to show: a dossier that was refused, its letter, a revoked certificate, a
    message with a one-time password, a request on the phone.
    """
    with SandboxProgram(tmp_path_factory.mktemp("sandbox"), with_hsm=True) as program:
        company = program.subscriber(mst="9900000143")
        program.set_faults(refuse={"ma_loi": "TN-900", "mo_ta": "Sai thông tin"})
        program.send(signed_dossier(company))
        wait_for(program.letters, "a letter")
        program.revoke(company)
        _use_the_phone(program)
        yield program


def _use_the_phone(program: SandboxProgram) -> None:
    """A request whose document has a long name, and a one-time password."""
    asks, sends = program.account("smartca", mst=MST), program.account("csc", mst=MST, otp=True)
    name = "Điều chỉnh thông tin đăng ký giao dịch điện tử " + "05-SĐ-IVAN_9900000016" * 3
    caller = {"user_id": asks.account, "sp_password": asks.password, **asks.fields}
    file = {"data_to_be_signed": "00" * 32, "file_type": "xml", "sign_type": "hash", "doc_id": name}
    url = f"{asks.host}/sca/sp769/v1/signatures/sign"
    _post(program, url, {**caller, "sign_files": [file]})

    base, login = f"{sends.host}/csc/v1", f"{sends.account}:{sends.password}"
    basic = f"Basic {b64encode(login.encode()).decode()}"
    token = _post(program, f"{base}/auth/login", {}, basic)["access_token"]
    (credential,) = _post(program, f"{base}/credentials/list", {}, f"Bearer {token}")[
        "credentialIDs"
    ]
    wanted = {"credentialID": credential}
    _post(program, f"{base}/credentials/sendOTP", wanted, f"Bearer {token}")


def _post(program: SandboxProgram, url: str, body: dict[str, Any], login: str = "") -> Any:
    tls = ssl.create_default_context()
    for path in Path(program.places["trust"]).iterdir():
        tls.load_verify_locations(path)
    headers = {"Content-Type": "application/json", "Authorization": login}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, context=tls, timeout=30) as answer:
        return json.loads(answer.read() or b"{}")


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


def test_a_request_on_the_phone_is_confirmed_by_its_button(browser, program) -> None:
    with browser.new_page() as page:
        page.goto(program.places["pages_url"] + "/phone")
        request = page.locator("article", has_text="05-SĐ-IVAN")
        request.get_by_role("button", name="Xác nhận").click()

        request.wait_for(state="detached")

    assert program.on_the_phone()["requests"][0]["state"] == "confirmed"


def test_a_button_pressed_shows_its_effect(browser, program) -> None:
    with browser.new_page() as page:
        page.goto(program.places["pages_url"])
        page.get_by_role("button", name="Ngừng").click()

        assert "đang ngừng" in page.locator("main").inner_text()
        assert program.call("/sandbox/gateway")["down"] is True

        page.get_by_role("button", name="Bình thường").click()
        assert program.call("/sandbox/gateway")["down"] is False
