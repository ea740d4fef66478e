"""Foreign pages cannot press the buttons (T1, T2, T4)."""

import aiohttp

from webui.sandbox.service import Sandbox

BUTTONS = ("/control", "/sandbox/gateway", "/certificates/revoke", "/sandbox/ca/certificates")


async def status(sandbox: Sandbox, method: str, path: str, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, sandbox.pages_url + path, headers=headers, allow_redirects=False
        ) as got,
    ):
        return got.status


async def test_a_foreign_page_presses_nothing(sandbox) -> None:
    for path in BUTTONS:
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", ""):
            assert await status(sandbox, "POST", path, Origin=origin) == 403, (path, origin)


async def test_another_host_name_sees_nothing(sandbox) -> None:
    """DNS rebinding: the browser believes that it speaks with evil.example."""
    port = sandbox.ports["pages"]
    hosts = ("evil.example", "127.0.0.1", "127.0.0.1:1", f"localhost.evil.example:{port}", "")
    for path in ("/", "/mailbox.json", "/sandbox/dossiers"):
        for host in hosts:
            assert await status(sandbox, "GET", path, Host=host) == 403, (path, host)


async def test_our_own_page_may_press(sandbox) -> None:
    for name in ("127.0.0.1", "localhost"):
        own = f"http://{name}:{sandbox.ports['pages']}"
        assert await status(sandbox, "POST", "/control", Origin=own) == 303


async def test_a_program_without_origin_may_press(sandbox) -> None:
    assert await status(sandbox, "POST", "/control") == 303


async def test_the_cas_services_are_for_everybody(sandbox) -> None:
    path = "/ca/crls/issuing/latest.crl"

    assert await status(sandbox, "GET", path, Host="127.0.0.1") == 200
    assert await status(sandbox, "GET", path, Origin="https://any.example") == 200


async def test_every_answer_says_what_it_may_load(sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/nowhere", "/mailbox", "/ca/crls/issuing/latest.crl"):
            async with session.get(sandbox.pages_url + path) as got:
                policy = got.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
