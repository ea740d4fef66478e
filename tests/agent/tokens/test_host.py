"""A module that crashes, hangs or garbles is an ordinary error; nothing is left behind."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from agent.errors import AgentError, TokenError
from agent.keys import Mechanism
from agent.pin import Pin
from agent.tokens.host import Host, Limits
from agent.tokens.matching import matches
from agent.tokens.process import Worker
from tests.agent.tokens.conftest import StartHost
from tests.support.faulty import FaultyModule
from tests.support.waiting import eventually, wait_for

ROOT = Path(__file__).parents[3]
RSA = Mechanism.RSA_PKCS1_SHA256


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(AgentError) as caught:
        await call
    return caught.value.code


async def logged_in(host: Host, pin: bytearray | None = None) -> Callable[[], Awaitable[bytes]]:
    (slot,) = (await host.scan()).slots
    key = matches(slot)[0].key
    await host.login(slot.token, key, Pin(bytearray(b"123456") if pin is None else pin))
    return lambda: host.sign(slot.token, bytes(32), RSA)


def alive(pid: int | None) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class TestAModuleThat:
    @pytest.mark.parametrize("fault", ["crash-in-find", "exit-in-find", "crash-in-token"])
    async def test_dies_in_a_scan_is_said_and_started_again(
        self, start: StartHost, faulty: FaultyModule, fault: str
    ) -> None:
        host = start(fault)
        codes = [await code_of(host.scan()) for _ in range(2)]

        assert codes == ["module_failed", "module_failed"]
        assert len(faulty.calls("initialize")) == 2
        assert "died" in host.trouble

    async def test_dies_in_a_signature_is_started_again_and_asks_for_a_login(
        self, start: StartHost
    ) -> None:
        host = start("crash-in-sign")
        sign = await logged_in(host)
        first = host.pid
        codes = [await code_of(sign()), await code_of(sign())]

        assert codes == ["module_failed", "token_busy"]
        assert host.pid != first
        assert not alive(first)

    async def test_hangs_is_killed_after_its_time(self, start: StartHost) -> None:
        host = start("hang-in-sign")
        sign = await logged_in(host)
        first = host.pid
        code = await code_of(sign())

        assert code == "token_timeout"
        assert not alive(first)

    async def test_hangs_while_it_is_loaded_is_killed_too(self, start: StartHost) -> None:
        host = start("hang-in-initialize", limits=Limits(start=1.0))

        assert await code_of(host.scan()) == "token_timeout"
        assert host.pid is None

    async def test_refuses_to_initialise_is_said(self, start: StartHost) -> None:
        host = start("no-initialize")
        code = await code_of(host.scan())

        assert code == "module_failed"
        assert "CKR_GENERAL_ERROR in C_Initialize" in host.trouble

    async def test_dies_again_and_again_is_left_alone_until_forgiven(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("crash-in-initialize")
        pauses = []
        for _ in range(7):
            pauses.append(host.pause_seconds)
            assert await code_of(host.scan()) == "module_failed"

        assert host.quarantined
        assert len(faulty.calls("initialize")) == 5
        assert pauses[:5] == sorted(pauses[:5])
        assert pauses[0] == 0

        host.forgive()
        assert await code_of(host.scan()) == "module_failed"
        assert await code_of(host.scan()) == "module_failed"
        assert len(faulty.calls("initialize")) == 6

    async def test_dies_while_nobody_asks_is_noticed(self, faulty: FaultyModule) -> None:
        noticed = asyncio.Event()
        host = Host(faulty.path, environment=faulty.environment(), on_idle_loss=noticed.set)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(host.run())
            await host.scan()
            assert host.pid is not None
            os.kill(host.pid, signal.SIGKILL)
            await asyncio.wait_for(noticed.wait(), 20)
            await host.scan()
            running.cancel()


async def test_a_file_that_is_no_library_is_said(tmp_path: Path) -> None:
    path = tmp_path / "no.so"
    path.write_text("not a library")
    host = Host(path)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(host.run())
        with pytest.raises(TokenError) as caught:
            await host.scan()
        running.cancel()

    assert caught.value.code == "module_failed"
    assert "unloadable" in caught.value.details["reason"]


class TestAWorkerThat:
    """Speaks the pipe wrongly: it is killed, never reasoned with."""

    @pytest.fixture
    async def fake(self) -> AsyncIterator[Callable[[str], Host]]:
        async with asyncio.TaskGroup() as tasks:
            running: list[asyncio.Task[object]] = []

            def fake(mode: str) -> Host:
                command = (sys.executable, str(Path(__file__).with_name("fake_worker.py")), mode)
                limits = Limits(start=20, scan=20)
                if mode == "silent":
                    limits = Limits(start=1)
                host = Host(Path("fake.so"), command=command, limits=limits)
                running.append(tasks.create_task(host.run()))
                return host

            yield fake
            for task in running:
                task.cancel()

    @pytest.mark.parametrize(
        "mode",
        [
            "garbage-first",
            "other-version",
            "speaks-unasked",
            "oversized",
            "no-message",
            "wrong-number",
            "wrong-reply",
            "half",
        ],
    )
    async def test_breaks_the_rules_is_lost(self, fake: Callable[[str], Host], mode: str) -> None:
        host = fake(mode)

        assert await code_of(host.scan()) == "module_failed"
        assert host.pid is None

    async def test_never_gets_ready_is_lost(self, fake: Callable[[str], Host]) -> None:
        assert await code_of(fake("silent").scan()) == "token_timeout"


class TestCancelling:
    async def test_who_asked_leaves_the_worker_in_step(self, start: StartHost) -> None:
        host = start()
        sign = await logged_in(host)
        first = host.pid
        for _ in range(20):
            asked = asyncio.ensure_future(sign())
            await asyncio.sleep(0)
            asked.cancel()
        signature = await sign()

        assert signature == b"\x5a" * 256
        assert host.pid == first

    async def test_before_its_turn_wipes_the_pin(self, start: StartHost) -> None:
        host = start("hang-in-sign")
        sign = await logged_in(host)
        (slot,) = (await host.scan()).slots
        hanging = asyncio.ensure_future(sign())
        await asyncio.sleep(0)
        pin = bytearray(b"123456")
        waiting = asyncio.ensure_future(host.login(slot.token, matches(slot)[0].key, Pin(pin)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(TokenError):
            await hanging
        await host.scan()

        assert pin == bytes(6)

    async def test_a_login_while_the_worker_starts_spares_the_pin(
        self, start: StartHost, faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host = start()
        (slot,) = (await host.scan()).slots
        host.rest()
        starting = asyncio.Event()
        really_start = Worker.start

        async def start_worker(*arguments: object, **options: object) -> Worker:
            starting.set()
            return await really_start(*arguments, **options)

        monkeypatch.setattr(Worker, "start", start_worker)
        pin = bytearray(b"123456")
        asked = asyncio.ensure_future(host.login(slot.token, matches(slot)[0].key, Pin(pin)))
        await starting.wait()
        asked.cancel()
        host.log_out(slot.token)
        await host.scan()

        assert pin == bytes(6)
        assert faulty.calls("login") == []


class TestThePin:
    async def test_is_overwritten_once_it_is_sent(self, start: StartHost) -> None:
        pin = bytearray(b"123456")
        await logged_in(start(), pin)

        assert pin == bytes(6)

    async def test_is_overwritten_when_the_worker_is_lost(self, start: StartHost) -> None:
        pin = bytearray(b"123456")
        with pytest.raises(TokenError):
            await logged_in(start("crash-in-login"), pin)

        assert pin == bytes(6)

    async def test_is_in_no_log_whatever_fails(
        self, start: StartHost, caplog: pytest.LogCaptureFixture
    ) -> None:
        """T22: the PIN of this test is looked for in everything that was logged."""
        caplog.set_level(logging.DEBUG)
        told = []
        limits = Limits(login=1)
        for fault in "", "crash-in-login", "login-fails", "hang-in-login", "print":
            with pytest.raises(AgentError) as caught:
                await logged_in(start(fault, limits=limits), bytearray(b"73915"))
            told.append(repr((caught.value, caught.value.details)))

        assert "pin_incorrect" in told[0]
        assert "73915" not in caplog.text + "".join(told)


class TestNothingIsLeftBehind:
    async def test_when_the_host_is_cancelled(self, faulty: FaultyModule) -> None:
        host = Host(faulty.path, environment=faulty.environment())
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(host.run())
            await host.scan()
            worker = host.pid
            running.cancel()

        assert not alive(worker)

    @pytest.mark.parametrize("fault", ["", "hang-in-sign"])
    def test_when_the_agent_is_killed(self, faulty: FaultyModule, fault: str) -> None:
        """Also when the worker hangs in a call and reads no pipe."""
        script = f"""
import asyncio
from pathlib import Path
from agent.keys import Mechanism
from agent.pin import Pin
from agent.tokens.host import Host
from agent.tokens.matching import matches
from agent.tokens.process import Worker
async def main():
    async with asyncio.TaskGroup() as tasks:
        host = Host(Path({str(faulty.path)!r}))
        tasks.create_task(host.run())
        (slot,) = (await host.scan()).slots
        await host.login(slot.token, matches(slot)[0].key, Pin(bytearray(b"123456")))
        print(host.pid, flush=True)
        await host.sign(slot.token, bytes(32), Mechanism.RSA_PKCS1_SHA256)
        await asyncio.sleep(1000)
asyncio.run(main())
"""
        environment = faulty.environment(fault) | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            (sys.executable, "-c", script), env=environment, stdout=subprocess.PIPE, text=True
        ) as agent:
            assert agent.stdout is not None
            worker = int(agent.stdout.readline())
            assert alive(worker)
            agent.kill()
            wait_for(lambda: not alive(worker), "the worker to end", seconds=10)


async def test_resting_ends_the_worker_and_the_next_question_starts_it(start: StartHost) -> None:
    host = start()
    await host.scan()
    first = host.pid
    host.rest()
    await eventually(lambda: host.pid is None, "the worker to end")
    await host.scan()

    assert not alive(first)
    assert host.trouble == ""
