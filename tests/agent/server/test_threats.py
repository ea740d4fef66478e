"""One test for each row of the threat table that concerns the edge (protocol/SPEC.md, section 8).

They speak to the real server, as raw as an attacker would.
"""

import asyncio
import base64
import json
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from agent.server import http, websocket
from protocol import limits, session
from protocol.messages import Rights, login_message
from protocol.methods import METHODS
from tests.support.edge import Running, running
from tests.support.examples import example_params
from tests.support.prompts import Approve, Refuse, ScriptedUser, Wait
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@asynccontextmanager
async def raw_connection(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def handshake(agent: Running, *headers: str, host: str | None = None) -> int:
    """The status with which the agent answers an upgrade with exactly these headers."""
    host_line = f"Host: {host or f'127.0.0.1:{agent.port}'}\r\n"
    lines = "".join(f"{header}\r\n" for header in headers)
    async with raw_connection(agent.port) as (reader, writer), asyncio.timeout(10):
        writer.write(f"GET /v1 HTTP/1.1\r\n{host_line}{UPGRADE}{lines}\r\n".encode("latin-1"))
        return int((await reader.readline()).split()[1])


class TestT1AndT2LoopbackIsNotAuthentication:
    async def test_a_page_without_the_users_permission_gets_nothing(self, tmp_path: Path) -> None:
        """T1 Logitech Options, T2 Cline: a page that merely connects could drive the program."""
        user = ScriptedUser()
        card = Card()
        tokens = MemoryTokens(card)
        async with (
            running(tmp_path, tokens=tokens, user=user, allowed=()) as agent,
            agent.page("https://evil.test") as page,
        ):
            hello = await page.hello()
            assert hello["rights"] == "none"
            assert card.holder not in json.dumps(hello)
            for method, rule in METHODS.items():
                if rule.rights is not Rights.NONE:
                    error = await page.refused(method, **example_params(method))
                    assert error["code"] == "not_allowed", method

        assert user.asked == []

    async def test_permission_of_one_origin_is_not_anothers(self, tmp_path: Path) -> None:
        """Scheme, host and port are the origin: neighbours are strangers."""
        async with running(tmp_path, allowed=("https://their.app",)) as agent:
            for neighbour in (
                "http://their.app",
                "https://their.app:8443",
                "https://www.their.app",
                "https://their.app.evil.test",
                "https://evil-their.app",
            ):
                async with agent.page(neighbour) as page:
                    assert (await page.hello())["rights"] == "none"


class TestT3T4DnsRebinding:
    @pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.nip.io", "localhost.evil.test"])
    async def test_a_name_rebound_to_loopback_is_refused_before_the_upgrade(
        self, tmp_path: Path, host: str
    ) -> None:
        """T3 MCP Python SDK, T4 Transmission: Host was not looked at."""
        async with running(tmp_path) as agent:
            for origin in ("https://their.app", f"http://{host}:{agent.port}"):
                status = await handshake(agent, f"Origin: {origin}", host=f"{host}:{agent.port}")
                assert status == 403

    async def test_ping_does_not_answer_a_rebound_name_either(self, tmp_path: Path) -> None:
        async with (
            running(tmp_path) as agent,
            agent.http.get(
                f"{agent.url}/ping", headers={"Host": f"evil.test:{agent.port}"}
            ) as answer,
        ):
            assert answer.status == 403
            assert "OpenKySo" not in await answer.text()

    async def test_two_hosts_are_refused(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent:
            assert await handshake(agent, "Host: evil.test") in {400, 403}


class TestT5NoVerbRunsAnything:
    def test_no_parameter_names_a_path_a_module_or_a_command(self) -> None:
        """T5 MCP Inspector, T16 ServiSign, T17 ssh-agent, T28 CGServiSign."""
        fields = {field for method in METHODS.values() for field in method.params.__struct_fields__}

        assert not fields & {"path", "file", "module", "library", "command", "url", "argv"}


class TestT6MissingOrigin:
    async def test_without_an_origin_and_the_users_token_there_is_no_hello(
        self, tmp_path: Path
    ) -> None:
        """T6 opencli: a missing Origin was taken for permission."""
        async with running(tmp_path) as agent, agent.page(None) as page:
            for token in ({}, {"native_token": ""}, {"native_token": "x" * 43}):
                error = await page.refused("hello", versions=[1], client="curl", **token)
                assert error["code"] == "native_token_invalid"
            assert (await page.refused("tokens.list"))["code"] == "hello_required"

    async def test_the_native_token_does_not_help_a_page(self, tmp_path: Path) -> None:
        """A page that knows it read the user's files, and is not who it says."""
        async with running(tmp_path) as agent, agent.page("https://evil.test") as page:
            error = await page.refused(
                "hello", versions=[1], client="x", native_token=agent.edge.native_token.value
            )

        assert error["code"] == "native_token_invalid"

    @pytest.mark.parametrize(
        "origins",
        [
            ("null",),
            ("",),
            ("https://their.app", "https://evil.test"),
            ("https://their.app", "https://their.app"),
            ("file://",),
            ("https://their.app/",),
        ],
    )
    async def test_an_origin_that_is_none_is_refused_before_the_upgrade(
        self, tmp_path: Path, origins: tuple[str, ...]
    ) -> None:
        async with running(tmp_path) as agent:
            status = await handshake(agent, *(f"Origin: {origin}" for origin in origins))

        assert status == 403


class TestT7BoundToLoopback:
    async def test_the_machines_own_address_does_not_answer(self, tmp_path: Path) -> None:
        """T7 AutoFirma: the socket was bound to all addresses."""
        async with running(tmp_path) as agent:
            # 127.0.0.2 is this machine too, and is not the address that was bound.
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.2", agent.port)


class TestT16T17PagesNameNoModules:
    async def test_an_unknown_field_is_an_error_not_ignored(self, tmp_path: Path) -> None:
        """T16 ServiSign, T17 ssh-agent: the remote side named the library to load."""
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("tokens.list", module="/tmp/evil.so")

        assert error["code"] == "invalid_params"


class TestT22SecretsInLogs:
    async def test_pin_ticket_token_and_document_are_never_logged(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """T22 OpenSC#877: debug output held the PIN."""
        caplog.set_level(logging.DEBUG)
        card, origin = Card(pin="73519462"), "http://127.0.0.1:8443"
        user = ScriptedUser(Approve("00000000"), Approve("73519462"))
        async with running(tmp_path, tokens=MemoryTokens(card), user=user) as agent:
            async with agent.native() as native:
                ticket = (await native.call("ticket.issue", origin=origin))["ticket"]
            async with agent.page(origin) as page:
                await page.hello(ticket=ticket)
                await page.call(
                    "sign.xml", document=b"<secret-content/>", name="a.xml", profile="test"
                )
                await page.refused("sign.xml", document=b"<x/>", name="a", profile="none")
            async with agent.page(origin) as page:
                await page.refused("hello", versions=[1], client="x", ticket=ticket)
            token = agent.edge.native_token.value

        for secret in ("73519462", "00000000", ticket, token, "secret-content"):
            assert secret not in caplog.text

    async def test_an_error_reply_does_not_repeat_what_was_sent(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            await page.socket.send_str(
                '{"jsonrpc":"2.0","id":9,"method":"login","params":{"nonce":73519462}}'
            )
            error = await page.answer(9)

        assert "73519462" not in json.dumps(error)


class TestT23SigningOracle:
    async def test_login_signs_only_what_the_agent_makes_of_origin_and_nonce(
        self, tmp_path: Path
    ) -> None:
        """T23: whoever signs raw hashes for a page signs logins and contracts for it."""
        message = login_message(origin="https://their.app", nonce=bytes(16))

        assert message.startswith(b"OpenKySo login v1\nhttps://their.app\n")
        assert not any("digest" in m.params.__struct_fields__ for m in METHODS.values())
        assert not any("hash" in m.params.__struct_fields__ for m in METHODS.values())

    async def test_the_same_nonce_proves_nothing_at_another_site(self, tmp_path: Path) -> None:
        user = ScriptedUser(Approve(), Approve())
        origins = ("https://their.app", "https://other.app")
        tokens = MemoryTokens(Card())
        signatures = []
        async with running(tmp_path, tokens=tokens, user=user, allowed=origins) as agent:
            for origin in origins:
                async with agent.page(origin) as page:
                    await page.hello()
                    signatures.append((await page.call("login", nonce=bytes(16)))["signature"])

        assert signatures[0] != signatures[1]


class TestFlooding:
    async def test_requests_beyond_the_rate_are_refused_and_the_others_answered(
        self, tmp_path: Path
    ) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            for number in range(limits.REQUEST_BURST + 50):
                await page.socket.send_str(_request(1000 + number, "tokens.list"))
            codes, closed = set(), False
            while not closed:
                message = await page.socket.receive(timeout=10)
                closed = message.type is not aiohttp.WSMsgType.TEXT
                if not closed:
                    reply = json.loads(message.data)
                    codes.add(reply.get("error", {}).get("data", {}).get("code", "answered"))
            assert {"answered", "rate_limited"} <= codes
            assert page.socket.close_code == session.POLICY_VIOLATION
            async with agent.page() as other:
                await other.hello()

    async def test_only_so_many_requests_may_wait_for_the_user(self, tmp_path: Path) -> None:
        tokens = MemoryTokens()
        async with running(tmp_path, tokens=tokens) as agent, agent.page() as page:
            await page.hello()
            for _ in range(limits.MAX_PENDING):
                await page.send("login", nonce=bytes(16))
            last = await page.send("login", nonce=bytes(16))

            answer = await page.answer(last)
            assert answer["error"]["data"]["code"] == "too_many_pending"

    async def test_one_origin_cannot_take_all_connections(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, AsyncExitStack() as stack:
            pages = [
                await stack.enter_async_context(agent.page("https://evil.test"))
                for _ in range(limits.MAX_CONNECTIONS_PER_ORIGIN + 1)
            ]
            refused = pages[-1]
            assert (await refused.receive())["error"]["data"]["code"] == "too_many_connections"
            assert await refused.closed() == aiohttp.WSCloseCode.TRY_AGAIN_LATER
            async with agent.page() as other:
                await other.hello()
            await pages[0].socket.close()

            async def there_is_room_again() -> bool:
                async with agent.page("https://evil.test") as page:
                    await page.send("hello", versions=[1], client="x")
                    return "result" in await page.receive()

            await eventually(there_is_room_again, "the closed connection to be counted out")

    async def test_many_origins_cannot_keep_an_allowed_site_out(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, AsyncExitStack() as stack:
            for number in range(limits.MAX_CONNECTIONS // 2):
                await stack.enter_async_context(agent.page(f"https://{number}.evil.test"))
            stranger = await stack.enter_async_context(agent.page("https://new.evil.test"))
            assert (await stranger.receive())["error"]["data"]["code"] == "too_many_connections"
            for number in range(limits.MAX_CONNECTIONS):  # turned away, and in no hurry to go
                await stack.enter_async_context(agent.page(f"https://late{number}.evil.test"))
            async with agent.page() as page:
                assert (await page.hello())["rights"] == "site"
            async with agent.native():
                pass
            async with agent.page("http://127.0.0.1:8620") as window:
                await window.hello()

    async def test_a_message_that_is_too_large_ends_the_connection(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            with suppress(ConnectionError):  # the agent does not read to the end of it
                await page.socket.send_str(" " * (limits.MAX_MESSAGE_BYTES + 1))
            assert await page.closed() in {
                aiohttp.WSCloseCode.MESSAGE_TOO_BIG,
                aiohttp.WSCloseCode.ABNORMAL_CLOSURE,
            }
            async with agent.page() as other:
                await other.hello()

    async def test_before_hello_a_message_may_only_be_small(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.socket.send_str(" " * (limits.MAX_HELLO_BYTES + 1))
            assert (await page.receive())["error"]["data"]["code"] == "message_too_large"
            assert await page.closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG

    @pytest.mark.parametrize(
        "frame", ["", "{", "[]", "null", "[" * 10_000, '{"jsonrpc":"1.0"}', '"\\ud800"', "\x00"]
    )
    async def test_malformed_frames_are_errors_and_do_no_harm(
        self, tmp_path: Path, frame: str
    ) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            await page.socket.send_str(frame)
            assert (await page.receive())["error"]["data"]["code"] in {
                "parse_error",
                "invalid_request",
            }
            await page.call("tokens.list")

    async def test_a_binary_frame_ends_the_connection(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            await page.socket.send_bytes(b"\x00")
            assert await page.closed() == aiohttp.WSCloseCode.UNSUPPORTED_DATA

    async def test_compression_is_not_negotiated(self, tmp_path: Path) -> None:
        """A deflated frame of some kilobytes could cost the agent all its memory."""
        async with running(tmp_path) as agent:
            socket = await agent.http.ws_connect(
                f"{agent.url}/v1", headers={"Origin": "https://a.vn"}, compress=15
            )
            assert socket.compress == 0
            await socket.close()


class TestSlowloris:
    async def test_a_connection_that_says_no_hello_is_closed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session, "HELLO_SECONDS", 0.1)
        async with running(tmp_path) as agent, agent.page() as page:
            assert await page.closed() == session.POLICY_VIOLATION

    @pytest.mark.parametrize("start", [b"", b"GET /v1 HTTP/1.1\r\nHost: 127"])
    async def test_a_request_head_that_never_ends_is_cut_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: bytes
    ) -> None:
        monkeypatch.setattr(http, "HELLO_SECONDS", 0.2)
        async with (
            running(tmp_path) as agent,
            raw_connection(agent.port) as (reader, writer),
            asyncio.timeout(10),
        ):
            writer.write(start)
            with suppress(ConnectionError):
                assert await reader.read() == b""

    async def test_a_page_that_reads_nothing_is_disconnected(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(websocket, "_SEND_SECONDS", 0.2)
        monkeypatch.setattr(websocket, "_CLOSE_SECONDS", 0.2)
        document = base64.b64encode(b"<a>" + b"x" * 9_000_000 + b"</a>").decode()
        tokens, user = MemoryTokens(Card()), ScriptedUser(Approve())
        async with (
            running(tmp_path, tokens=tokens, user=user) as agent,
            raw_connection(agent.port) as (reader, writer),
            asyncio.timeout(20),
        ):
            writer.write(
                f"GET /v1 HTTP/1.1\r\nHost: 127.0.0.1:{agent.port}\r\n"
                f"Origin: https://their.app\r\n{UPGRADE}\r\n".encode()
            )
            await reader.readuntil(b"\r\n\r\n")
            writer.transport.pause_reading()
            writer.write(_frame(_request(0, "hello", {"versions": [1], "client": "Test"})))
            params = {"document": document, "name": "a", "profile": "test"}
            writer.write(_frame(_request(1, "sign.xml", params)))
            await eventually(lambda: "did not read" in caplog.text, "the agent to give up")
            writer.transport.resume_reading()
            with suppress(ConnectionError):
                assert len(await reader.read()) < len(document)


class TestT25WrongPins:
    async def test_a_page_cannot_make_a_wrong_pin_be_tried_twice(self, tmp_path: Path) -> None:
        """T25 Autogram: a batch tried the same wrong PIN until the card was locked."""
        card, user = Card(), ScriptedUser(Approve("00000000"), Refuse())
        tokens = MemoryTokens(card)
        async with running(tmp_path, tokens=tokens, user=user) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("login", nonce=bytes(16))

        assert error["code"] == "user_refused"
        assert card.pins_tried == ["00000000"]
        assert card.tries_left == 2


class TestT24OneQuestionAtATime:
    async def test_a_closed_page_leaves_no_window_to_click(self, tmp_path: Path) -> None:
        user = ScriptedUser(Wait())
        async with running(tmp_path, tokens=MemoryTokens(Card()), user=user) as agent:
            async with agent.page() as page:
                await page.hello()
                await page.send("login", nonce=bytes(16))
                await eventually(lambda: user.open_windows, "the window")
            await eventually(lambda: not user.open_windows, "the window to close")


def _request(number: int, method: str, params: dict | None = None) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})


def _frame(text: str) -> bytes:
    """A client's text frame (RFC 6455 §5.2) with a mask of zeros."""
    payload = text.encode()
    return b"\x81\xff" + len(payload).to_bytes(8, "big") + bytes(4) + payload
