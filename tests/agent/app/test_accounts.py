"""`kyso-agent accounts`: with a service that answers, beside a running agent or without one."""

import asyncio
import hashlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from agent.__main__ import Exit, main
from agent.app.accounts import NobodyTypes
from agent.platforms.secret_file import SecretFile
from tests.support.agent_process import AgentProcess, script
from tests.support.csc_service import CscService
from tests.support.csc_service import Key as CscKey
from tests.support.pki import Authority
from tests.support.waiting import eventually

ROOT = Authority.root("HSM CA")
UNIT = ROOT.issue("CÔNG TY \x1b[2JMẪU")
NAME, PASSWORD = "minhhoa", "hsm-demo-2026"
SERVICES = '[services]\nloopback_http = true\nsecrets = "file"\n'


@pytest.fixture
async def service():
    async with CscService(CscKey(holder=UNIT), name=NAME, password=PASSWORD) as service:
        yield service


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / "agent.toml"
    config.write_text(SERVICES)
    return [
        "--config", str(config), "--data-dir", str(tmp_path / "data"),
        "--runtime-dir", str(tmp_path / "run"), "--language", "en",
    ]  # fmt: skip


async def run(options: list[str], *words: str) -> int:
    return await asyncio.to_thread(main, ["accounts", *words, *options])


async def added(options: list[str], service: CscService, monkeypatch, *, password=PASSWORD) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    return await run(options, "add", service.url, NAME, "--password-stdin")


async def test_add_list_refresh_remove(tmp_path, options, service, monkeypatch, capsys) -> None:
    assert await run(options, "list") == Exit.OK
    assert "no account" in capsys.readouterr().out

    assert await added(options, service, monkeypatch) == Exit.OK
    out = capsys.readouterr().out
    assert NAME in out
    assert "MST 0101300842" in out
    assert "\x1b" not in out
    account = out.split()[0]

    assert await run(options, "list") == Exit.OK
    assert capsys.readouterr().out == out

    service.password = "another"
    assert await run(options, "refresh", account) == Exit.OK
    assert "refused the account or its password" in capsys.readouterr().out

    assert await run(options, "remove", account) == Exit.OK
    assert await run(options, "remove", account) == Exit.FAILED
    assert await run(options, "refresh", account) == Exit.FAILED
    assert await SecretFile(tmp_path / "data" / "secrets.json").get(f"account-{account}") is None


async def test_the_password_is_in_no_file(tmp_path, options, service, monkeypatch, capsys) -> None:
    assert await added(options, service, monkeypatch) == Exit.OK
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        assert PASSWORD.encode() not in path.read_bytes(), path
        assert path.name == "agent.toml" or path.stat().st_mode & 0o077 == 0, path
    told = capsys.readouterr()
    assert PASSWORD not in told.out + told.err


async def test_a_wrong_password_keeps_nothing(tmp_path, options, service, monkeypatch, capsys):
    assert await added(options, service, monkeypatch, password="wrong") == Exit.FAILED
    assert "refused the account or its password" in capsys.readouterr().err
    assert not (tmp_path / "data" / "accounts.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("http://hsm.vn", "a"), "not an https URL"),
        (("hsm.vn", "a", "--provider", "none"), "could not be recognised"),
        (("gwsca.vnpt.vn", "a"), "sp_id=…"),
        (("gwsca.vnpt.vn", "a", "--field", "sp_id="), "sp_id=…"),
        (("hsm.vn", "a", "--provider", "mysign", "--field", "password=x"), "client_id=…"),
        (("hsm.vn", "a", "--field", "sp_id=1"), "--field"),
    ],
)
async def test_what_cannot_be_asked_is_said_before_a_password_is(
    options, words, said, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("never read"))
    assert await run(options, "add", *words, "--password-stdin") != Exit.OK
    assert said in capsys.readouterr().err
    assert sys.stdin.read() == "never read"


async def test_nothing_on_standard_input(options, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert await run(options, "add", "hsm.vn", "a", "--password-stdin") == Exit.FAILED
    assert "--password-stdin" in capsys.readouterr().err


def test_a_password_is_no_argument(options, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["accounts", "add", "hsm.vn", "a", "--password", "x", *options])


def test_without_a_terminal_no_password_is_typed_in_plain_sight() -> None:
    code = "from agent.app.accounts import *; on_terminal('Password')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="seen-by-all\n", text=True, capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip
    assert NobodyTypes.__name__ in done.stderr
    assert "seen-by-all" not in done.stdout


def test_what_is_typed_at_a_terminal_is_not_shown() -> None:
    code = (
        "from agent.app.accounts import *; import hashlib;"
        "print(hashlib.sha256(on_terminal('Password').encode()).hexdigest())"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    shown = b""
    while b"Password: " not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, b"x7typed\n")
    while True:
        try:
            more = os.read(terminal, 1024)
        except OSError:  # the child has ended
            break
        if not more:
            break
        shown += more
    os.waitpid(child, 0)
    os.close(terminal)
    assert b"x7typed" not in shown
    assert hashlib.sha256(b"x7typed").hexdigest().encode() in shown


async def test_a_running_agent_knows_at_once_what_the_command_did(tmp_path, service) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    agent = AgentProcess(
        tmp_path, roots=[tmp_path / "root.pem"], consent=script(only_tokens=["none"])
    )
    config = tmp_path / "agent.toml"
    config.write_text(config.read_text() + SERVICES)

    def command(*words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "agent", "accounts", *words, *agent.options],
            input=typed, text=True, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    with agent:
        async with agent.connected() as client:

            async def held() -> list[str]:
                return [each.id for each in (await client.certificates()).certificates]

            assert await held() == []
            done = await asyncio.to_thread(
                command, "add", service.url, NAME, "--password-stdin", typed=f"{PASSWORD}\n"
            )
            assert done.returncode == 0, done.stderr
            await eventually(lambda: _equal(held(), [UNIT.id]), "the agent knows the certificate")
            done = await asyncio.to_thread(command, "remove", done.stdout.split()[0])
            assert done.returncode == 0, done.stderr
            await eventually(lambda: _equal(held(), []), "the agent has forgotten it")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path


async def _equal(asked, expected: list[str]) -> bool:
    return await asked == expected
