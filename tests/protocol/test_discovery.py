"""Which of the ports has an agent, and what is read of its runtime file."""

import asyncio
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from protocol.discovery import AgentNotFound, Runtime, address, find, read_runtime
from tests.support.protocol_agent import serving


@asynccontextmanager
async def answering(content: bytes):
    """A server of somebody else's, which says this to everyone."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


PING = b'{"product":"OpenKySo","version":"0","protocol":[1]}'


class TestFinding:
    async def test_takes_the_first_port_with_an_agent(self, unused_tcp_port: int):
        async with serving() as second, serving() as third:
            ports = (unused_tcp_port, second.port, third.port)

            assert await find(ports) == f"ws://127.0.0.1:{second.port}/v1"

    async def test_says_what_to_do_when_there_is_none(self, unused_tcp_port: int):
        with pytest.raises(AgentNotFound) as raised:
            await find((unused_tcp_port,))

        assert "kyso-agent run" in str(raised.value)
        assert "mở OpenKySo" in raised.value.vi

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"SSH-2.0-OpenSSH\r\n",
            http(b"hello"),
            http(b"[]"),
            http(b'"OpenKySo"'),
            http(b'{"product":"Other"}'),
            http(b"[" * 100_000),
            http(PING, "404 Not Found"),
            http(PING, "302 Found", "Location: http://127.0.0.1/ping"),
        ],
    )
    async def test_passes_over_whatever_else_listens(self, content: bytes):
        async with answering(content) as port:
            with pytest.raises(AgentNotFound):
                await find((port,))

    async def test_is_not_led_away_from_the_machine(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        async with answering(http(PING)) as port:
            assert await find((port,)) == f"ws://127.0.0.1:{port}/v1"

    async def test_sees_an_agent_that_listens_on_ipv6_alone(self):
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(http(PING))
            writer.close()

        server = await asyncio.start_server(answer, "::1", 0, family=socket.AF_INET6)
        async with server:
            port = server.sockets[0].getsockname()[1]

            assert await find((port,)) == f"ws://[::1]:{port}/v1" == address(port, host="::1")


class TestTheRuntimeFile:
    def test_names_port_and_token(self, tmp_path: Path):
        file = tmp_path / "agent.json"
        file.write_text('{"port": 14517, "pid": 7, "native_token": "x"}')

        assert read_runtime(file) == Runtime(port=14517, native_token="x")

    def test_is_absent_without_an_agent(self, tmp_path: Path):
        with pytest.raises(AgentNotFound):
            read_runtime(tmp_path / "agent.json")

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"port": "1", "native_token": "x"}'])
    def test_that_is_damaged_is_an_error(self, tmp_path: Path, content: str):
        file = tmp_path / "agent.json"
        file.write_text(content)

        with pytest.raises(ValueError):
            read_runtime(file)
