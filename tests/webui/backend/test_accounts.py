from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from protocol.messages import login_message
from tests.webui.backend.browser import REGISTRATION, opened
from tests.webui.world import MST, PASSWORD, unit_holder
from webui.config import Demo, Settings
from webui.filing.login import PER_MST


async def test_a_stranger_sees_no_unit(office):
    async with opened(office) as page:
        answer = await page.get("/api/session")

    assert answer.body == {
        "unit": None,
        "demo": False,
        "scripted": False,
        "mailbox_url": None,
        "version": "0.1.0",
        "registration": "open",
    }


async def test_the_demo_says_that_it_is_one(office):
    demo = Settings(demo=Demo(scripted=True, mailbox_url="http://127.0.0.1:1/mailbox"))
    async with opened(office, demo) as page:
        session = (await page.get("/api/session")).body

    assert (session["demo"], session["scripted"]) == (True, True)
    assert session["mailbox_url"] == "http://127.0.0.1:1/mailbox"


async def test_first_use_signs_in(office):
    async with opened(office) as page:
        unit = await page.registered()
        session = (await page.get("/api/session")).body

    assert session["unit"] == unit
    assert (unit["mst"], unit["mst_printed"], unit["has_password"]) == (MST, MST, True)
    assert "password_hash" not in unit


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office):
    async with opened(office) as page:
        answer = await page.post("/api/register", REGISTRATION)

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


async def test_signing_out_and_in_again(office):
    async with opened(office) as page:
        await page.registered()
        assert (await page.post("/api/logout")).status == 200
        assert (await page.get("/api/unit")).status == 401
        answer = await page.post("/api/login", {"mst": MST, "password": PASSWORD})
        assert (answer.status, answer.body["mst"]) == (200, MST)
        assert (await page.get("/api/unit")).status == 200


async def test_signing_in_anew_ends_the_session_that_was_there(office):
    async with opened(office) as page:
        await page.registered()
        old = next(iter(page.client.session.cookie_jar)).value
        await page.post("/api/login", {"mst": MST, "password": PASSWORD})
        page.client.session.cookie_jar.clear()

        answer = await page.get("/api/unit", headers={"Cookie": f"kyso={old}"})
        assert answer.status == 401


async def test_guessing_is_stopped_and_says_for_how_long(office):
    async with opened(office) as page:
        await page.registered()
        for _ in range(PER_MST):
            answer = await page.post("/api/login", {"mst": MST, "password": "sai mật khẩu"})
            assert answer.body["error"]["code"] == "login_failed"
        answer = await page.post("/api/login", {"mst": MST, "password": PASSWORD})

    error = answer.body["error"]
    assert (answer.status, error["code"]) == (429, "too_many_attempts")
    assert answer.headers["Retry-After"] == str(error["details"]["retry_after"])
    assert str(error["details"]["retry_after"]) in error["vi"]


async def test_the_token_signs_in_for_the_origin_the_page_was_reached_at(office):
    async with opened(office) as page:
        await page.registered()
        await page.post("/api/logout")
        good = await _token_login(page, page.origin)
        other = await _token_login(page, page.origin.replace("127.0.0.1", "localhost"))

    assert (good.status, good.body["mst"]) == (200, MST)
    assert (other.status, other.body["error"]["code"]) == (401, "login_signature_invalid")


async def test_a_token_without_profile_is_led_to_registration(office):
    async with opened(office) as page:
        answer = await _token_login(page, page.origin)
        details = answer.body["error"]["details"]
        assert (answer.status, details["mst"]) == (404, MST)
        asked = {k: v for k, v in REGISTRATION.items() if k != "password"}
        unit = await page.post("/api/register", {**asked, "proof": details["proof"]})

    assert (unit.status, unit.body["has_password"]) == (200, False)


async def test_the_profile_is_read_and_changed(office):
    async with opened(office) as page:
        unit = await page.registered()
        fields = ("ten_don_vi", "ma_don_vi", "co_quan_bhxh", "dia_chi")
        fields += ("nguoi_lien_he", "dien_thoai", "email")
        asked = {name: unit[name] for name in fields}
        changed = await page.call("PUT", "/api/unit", {**asked, "dia_chi": "Huế"})
        assert changed.body["dia_chi"] == "Huế"
        assert (await page.get("/api/unit")).body == changed.body
        wrong = await page.call("PUT", "/api/unit", {**asked, "email": "x"})

    assert wrong.status == 422
    assert wrong.body["error"]["field"] == "email"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/unit"),
        ("PUT", "/api/unit"),
        ("GET", "/api/certificates"),
        ("POST", "/api/certificates/check"),
        ("POST", "/api/certificates"),
        ("DELETE", "/api/certificates/x"),
        ("GET", "/api/adjustments/new"),
        ("POST", "/api/adjustments"),
        ("POST", "/api/adjustments/x/signed"),
        ("DELETE", "/api/adjustments/x"),
        ("GET", "/api/dossiers"),
        ("GET", "/api/dossiers/x"),
        ("GET", "/api/dossiers/x/signed.xml"),
        ("GET", "/api/dossiers/x/receipts/1.xml"),
        ("POST", "/api/dossiers/x/send-now"),
        ("GET", "/api/events"),
    ],
)
async def test_everything_else_needs_a_session(office, method, path):
    async with opened(office) as page:
        answer = await page.call(method, path, {} if method != "GET" else None)

    assert (answer.status, answer.body["error"]["code"]) == (401, "not_signed_in")


async def _token_login(page, origin):
    nonce = b64decode((await page.post("/api/login/challenge")).body["nonce"])
    holder = unit_holder()
    message = login_message(origin=origin, nonce=nonce)
    return await page.post(
        "/api/login/token",
        {
            "certificate": b64encode(holder.der).decode(),
            "signature": b64encode(
                holder.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
            ).decode(),
            "algorithm": "RS256",
            "nonce": b64encode(nonce).decode(),
        },
    )
