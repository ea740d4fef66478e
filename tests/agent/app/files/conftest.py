"""A unit's token in SoftHSM, its authority on loopback, and `kyso-agent` as its user types it."""

import asyncio
import io
import subprocess
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.__main__ import main
from tests.support.agent_process import AgentProcess, script
from tests.support.pki import Authority, Holder, Responder, Urls, ec_key, rsa_key
from tests.support.softhsm import new_softhsm

TOKEN = "Token đơn vị"


class Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Office:
    agent: AgentProcess
    responder: Responder
    root: Authority
    ca: Authority
    unit: Holder
    directory: Path

    async def types(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """In a thread, since the authority answers in this one."""
        return await asyncio.to_thread(self.agent.command, *map(str, words))

    async def here(self, *words: str | Path) -> Answer:
        """In this process, which is faster; for commands that need no token."""
        return await asyncio.to_thread(self._here, *map(str, words))

    def _here(self, *words: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main([*words, *self.agent.options])
        return Answer(status, out.getvalue(), err.getvalue())

    async def signs(
        self, file: Path, profile: str, *words: str, sign: str = "approve"
    ) -> subprocess.CompletedProcess[str]:
        """Answering by script what the user would be asked."""
        answers = self.directory / "answers.toml"
        answers.write_text(script(only_tokens=[TOKEN], sign=sign))
        return await self.types(
            "sign", file, "--profile", profile, "--scripted-consent", answers, *words
        )

    def configure(self, text: str) -> None:
        config = self.agent.directory / "agent.toml"
        config.write_text(config.read_text() + text)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with Responder() as responder:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        unit = ca.issue(key=rsa_key("office"))
        hsm = new_softhsm(tmp_path / "hsm")
        token = hsm.new_token(TOKEN)
        for number, holder in ((b"\1", unit), (b"\2", ca.issue("EC", key=ec_key("office")))):
            token.add_key(holder.key, label="khóa", key_id=number)
            token.add_certificate(holder.certificate, label="chứng thư", key_id=number)
        (tmp_path / "roots.pem").write_bytes(root.pem + ca.pem)
        directory = tmp_path / "agent"
        directory.mkdir()
        agent = AgentProcess(
            directory,
            modules=[hsm.library],
            roots=[tmp_path / "roots.pem"],
            environment=hsm.environment,
        )
        yield Office(
            agent=agent, responder=responder, root=root, ca=ca, unit=unit, directory=tmp_path
        )
