"""The command line: what it prints, leaves out, and returns."""

import asyncio
import json
import sys

import pytest

from protocol.conformance import __main__ as command
from tests.support.protocol_agent import NATIVE_TOKEN, serving


async def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["conformance", *arguments])
    return await asyncio.to_thread(command.main)


async def test_an_agent_that_conforms(monkeypatch, capsys, tmp_path):
    async with serving() as agent:
        runtime = tmp_path / "agent.json"
        runtime.write_text(json.dumps({"port": agent.port, "native_token": NATIVE_TOKEN}))
        url = agent.url.removesuffix("/v1")

        status = await run(
            monkeypatch, url, "--runtime", str(runtime), "-k", "accepted-tokens.list"
        )

    assert status == 0
    assert "ok    accepted-tokens.list" in capsys.readouterr().out


async def test_what_cannot_be_played_is_named(monkeypatch, capsys):
    async with serving() as agent:
        assert await run(monkeypatch, agent.url, "-k", "accepted-tokens.list") == 0
        assert await run(monkeypatch, agent.url, "--token", "x", "-k", "cancel-a-question") == 0

    printed = capsys.readouterr().out
    assert "accepted-tokens.list: left out, needs the native token" in printed
    assert "cancel-a-question: left out, opens a window" in printed


async def test_an_agent_that_does_not(monkeypatch, capsys):
    async with serving() as agent:
        status = await run(monkeypatch, agent.url, "--token", "wrong", "-k", "accepted-tokens")

    assert status == 1
    assert "FAIL  accepted-tokens.list" in capsys.readouterr().out


async def test_no_agent_at_all(monkeypatch, capsys, unused_tcp_port, tmp_path):
    url = f"ws://127.0.0.1:{unused_tcp_port}"
    assert await run(monkeypatch, url, "-k", "method-unknown") == 1
    with pytest.raises(SystemExit):
        await run(monkeypatch, url, "--runtime", str(tmp_path / "none.json"))
