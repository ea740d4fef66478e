import json
import logging
from io import BytesIO

import pytest
from yarl import URL

from protocol.version import PORTS
from tests.webui.backend.browser import REGISTRATION, opened
from tests.webui.world import PASSWORD
from webui.backend.headers import CONTENT_SECURITY_POLICY
from webui.config import Settings
from webui.filing import profile


async def test_every_answer_carries_the_security_headers(office):
    async with opened(office) as page:
        for path in ("/api/session", "/api/unit", "/api/nothing", "/nothing", "/"):
            answer = await page.get(path)

            assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == (
                "no-store" if path.startswith("/api/") else "no-cache"
            )


def test_the_policy_allows_no_inline_code_and_only_the_agent_beside_us():
    directives = dict(d.split(" ", 1) for d in CONTENT_SECURITY_POLICY.split("; "))

    assert directives["default-src"] == directives["frame-ancestors"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    connect = set(directives["connect-src"].split())
    assert {f"ws://127.0.0.1:{port}" for port in PORTS} <= connect
    assert all(s == "'self'" or "127.0.0.1:" in s or "localhost:" in s for s in connect)


@pytest.mark.parametrize(
    ("headers", "code", "status"),
    [
        ({"Host": "evil.example"}, "wrong_host", 421),
        ({"Host": "127.0.0.1:1"}, "wrong_host", 421),
        ({"Origin": "http://evil.example"}, "wrong_origin", 403),
        ({"Origin": "null"}, "wrong_origin", 403),
        ({"Origin": None}, "wrong_origin", 403),
        ({"Sec-Fetch-Site": "cross-site"}, "wrong_origin", 403),
    ],
)
async def test_a_foreign_page_changes_nothing(office, headers, code, status):
    async with opened(office) as page:
        answer = await page.post("/api/register", REGISTRATION, headers=headers)

        assert (answer.status, answer.body["error"]["code"]) == (status, code)
        assert (await page.post("/api/login", _login())).status == 401


async def test_the_files_are_not_given_under_a_foreign_name_either(office):
    async with opened(office) as page:
        assert (await page.get("/", headers={"Host": "evil.example"})).status == 421


async def test_a_preflight_gets_no_leave(office):
    async with opened(office) as page:
        answer = await page.call(
            "OPTIONS",
            "/api/login",
            headers={
                "Origin": "https://evil.example",
                "Access-Control-Request-Method": "POST",
            },
        )

        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("body", "kind", "code", "status"),
    [
        (b"{}", "text/plain", "body_not_json", 415),
        (b"{}", "application/x-www-form-urlencoded", "body_not_json", 415),
        (b"{", "application/json", "body_not_json", 415),
        (b"\xff", "application/json", "body_not_json", 415),
        (b"[" * 100_000, "application/json", "body_too_large", 413),
        (b"[" * 10_000, "application/json", "body_invalid", 422),
        (b"[]", "application/json", "body_invalid", 422),
        (b'{"mst": 1, "password": "x"}', "application/json", "body_invalid", 422),
        (b'{"mst": "1"}', "application/json", "body_invalid", 422),
        (b'{"mst": "1", "password": "x", "admin": true}', "application/json", "body_invalid", 422),
        (
            b'{"mst": "' + b"1" * 1001 + b'", "password": "x"}',
            "application/json",
            "body_invalid",
            422,
        ),
        (b" " * 70_000, "application/json", "body_too_large", 413),
    ],
)
async def test_a_body_is_bounded_and_checked(office, body, kind, code, status):
    async with opened(office) as page:
        answer = await page.call("POST", "/api/login", data=body, headers={"Content-Type": kind})

        assert (answer.status, answer.body["error"]["code"]) == (status, code)


async def test_a_huge_body_is_cut_off_and_not_swallowed(office):
    async with opened(office) as page:
        await page.registered()
        answer = await page.call(
            "POST",
            "/api/adjustments/x/signed",
            data=BytesIO(b" " * 5_000_000),
            headers={"Content-Type": "application/json"},
        )

        assert answer.status == 413


async def test_unknown_paths_and_methods_have_words_too(office):
    async with opened(office) as page:
        for method, path, code in (
            ("GET", "/api/nothing", "not_found"),
            ("PUT", "/api/session", "not_found"),
            ("POST", "/app.js", "method_not_allowed"),
        ):
            answer = await page.call(method, path)
            error = answer.body["error"]

            assert error["code"] == code, path
            assert error["vi"]
            assert error["en"]


@pytest.mark.parametrize(
    "path",
    [
        "/../config.py",
        "/%2e%2e/config.py",
        "/..%2fconfig.py",
        "/protocol/../codec.py",
        "//etc/passwd",
    ],
)
async def test_no_path_leads_out_of_the_two_folders(office, path):
    async with opened(office) as page:
        url = URL(page.origin + path, encoded=True)
        async with page.client.session.get(url) as response:
            assert response.status in {400, 403, 404}
            assert b"import" not in await response.read()


@pytest.mark.parametrize("path", ["/" + "a" * 300, "/api/dossiers/%00", "/api/dossiers?q=%00"])
async def test_what_no_file_and_no_database_takes_is_refused_at_the_door(office, path):
    async with opened(office) as page:
        await page.registered()
        url = URL(page.origin + path, encoded=True)
        async with page.client.session.get(url) as response:
            assert response.status == 400
            assert (await response.json())["error"]["code"] == "bad_request"


async def test_a_cookie_of_another_program_is_no_misfortune(office):
    async with opened(office) as page:
        answer = await page.get("/api/session", headers={"Cookie": "kyso=é"})

        assert answer.status == 200
        assert answer.body["unit"] is None


async def test_the_files_have_their_types_and_are_asked_for_again_by_etag(office):
    async with opened(office) as page:
        for path, kind in (
            ("/", "text/html"),
            ("/app.js", "application/javascript"),
            ("/protocol/openkyso.js", "application/javascript"),
            ("/text/vi.json", "application/json"),
        ):
            first = await page.get(path)
            again = await page.get(path, headers={"If-None-Match": first.headers["ETag"]})

            assert first.headers["Content-Type"].split(";")[0] == kind
            assert (first.status, again.status) == (200, 304)


async def test_a_bug_is_answered_in_words_and_logged_without_the_body(office, monkeypatch, caplog):
    async def explode(*_):
        raise ZeroDivisionError("the bug")

    monkeypatch.setattr(profile, "change", explode)
    async with opened(office) as page:
        await page.registered()
        body = {
            k: v for k, v in REGISTRATION.items() if k not in {"mst", "password", "email_lap_lai"}
        }
        answer = await page.call("PUT", "/api/unit", body)

    assert (answer.status, answer.body["error"]["code"]) == (500, "internal_error")
    assert "the bug" in caplog.text
    assert "the bug" not in json.dumps(answer.body)
    assert body["ten_don_vi"] not in caplog.text


async def test_no_password_is_ever_logged(office, caplog):
    caplog.set_level(logging.DEBUG)
    async with opened(office) as page:
        await page.registered()
        await page.post("/api/login", _login())
        await page.post("/api/login", {**_login(), "password": "sai " + PASSWORD})
        answer = await page.post("/api/login", {"mst": 1, "password": PASSWORD})

    assert PASSWORD not in caplog.text
    assert PASSWORD not in json.dumps(answer.body, ensure_ascii=False)


async def test_run_centrally_the_cookie_is_secure_and_bound_to_the_host(office):
    settings = Settings(public_origin="https://ivan.example")
    public = {"Host": "ivan.example", "Origin": "https://ivan.example"}
    async with opened(office, settings) as page:
        assert (await page.get("/api/session")).status == 421
        answer = await page.post("/api/register", REGISTRATION, headers=public)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kyso=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"]


def _login():
    return {"mst": REGISTRATION["mst"], "password": PASSWORD}
