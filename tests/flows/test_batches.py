"""Batches and sessions of digests against a real agent and a real token, with faults that kill."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from protocol.client import Agent, Disconnected
from protocol.documents import DigestsOpenParams
from protocol.errors import ProtocolError
from protocol.messages import SiteRequestParams
from tests.support.agent_process import AgentProcess, script
from tests.support.pki import Authority, Holder
from tests.support.softhsm import SoftHSM, new_softhsm
from tests.support.waiting import eventually, wait_for

TOKEN = "Token lô"
PIN = "12345678"


@pytest.fixture(autouse=True)
def calm() -> None:
    """No sandbox is needed here (see conftest)."""


class Office:
    def __init__(self, directory: Path) -> None:
        root = Authority.root()
        self.unit: Holder = root.issue()
        self.roots = directory / "root.pem"
        self.roots.write_bytes(root.pem)
        self.hsm: SoftHSM = new_softhsm(directory / "token")
        token = self.hsm.new_token(TOKEN, pin=PIN)
        token.add_key(self.unit.key, label="khóa", key_id=b"\x01")
        token.add_certificate(self.unit.certificate, label="chứng thư", key_id=b"\x01")

    def agent(self, directory: Path, *, pin: str | list[str] = PIN) -> AgentProcess:
        return AgentProcess(
            directory,
            modules=[self.hsm.library],
            roots=[self.roots],
            environment=self.hsm.environment,
            consent=script(only_tokens=[TOKEN], pin=pin),
        )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def agent(office: Office, tmp_path: Path) -> Iterator[AgentProcess]:
    with office.agent(tmp_path) as running:
        yield running


def document(number: int) -> bytes:
    return f"<Hoso><NoiDung>{number}</NoiDung><CKy_Dvi /></Hoso>".encode()


async def ready(client: Agent) -> None:
    async def token_known() -> bool:
        return bool((await client.certificates()).certificates)

    await eventually(token_known, "the token")


def token_worker(agent: AgentProcess) -> psutil.Process:
    assert agent.process is not None
    [worker] = [
        child
        for child in psutil.Process(agent.process.pid).children()
        if "agent.tokens.worker" in child.cmdline()
    ]
    return worker


def kill(agent: AgentProcess) -> None:
    assert agent.process is not None
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait()


def journal(agent: AgentProcess) -> list[tuple[str, str]]:
    """Name and outcome of each line, read beside a running or a dead agent."""
    from agent.journal import Journal

    opened = Journal(agent.directory / "data" / "journal")
    try:
        opened.verify()
        return [(line.entry.name, line.entry.outcome) for line in opened.latest(limit=10_000)]
    finally:
        opened.close()


class TestABatch:
    async def test_whose_token_worker_is_killed_is_resumed(self, agent: AgentProcess) -> None:
        made: dict[int, bytes] = {}
        async with agent.connected() as client:
            await ready(client)
            async with client.batch(reason="lô") as batch:
                for number in range(300):
                    await batch.add(document(number), name=f"{number}", profile="bhxh-hoso")
                async for outcome in batch.sign():
                    made[outcome.news.index] = await outcome.octets()
                    if len(made) == 20:
                        token_worker(agent).kill()
                stopped = batch.result
                assert stopped is not None
                first = set(made)
                async for outcome in batch.sign():
                    assert outcome.news.index not in made
                    made[outcome.news.index] = await outcome.octets()
                ended = batch.result
                assert ended is not None

        assert stopped.stopped is not None
        assert stopped.stopped.code == "module_failed"
        assert 20 <= len(first) < 300
        assert (stopped.signed, stopped.left) == (len(first), 300 - len(first))
        assert (ended.signed, ended.left, ended.stopped) == (300, 0, None)
        assert all(b"SignatureValue" in made[number] for number in range(300))
        signed = [name for name, outcome in journal(agent) if outcome == "signed"]
        assert sorted(signed, key=int) == [str(number) for number in range(300)]

    async def test_goes_back_to_the_user_after_a_wrong_pin(
        self, office: Office, tmp_path: Path
    ) -> None:
        """The script never answers a rejected PIN: it stops, and is taken up with another."""
        with office.agent(tmp_path, pin=["00000000", PIN]) as agent:
            async with agent.connected() as client:
                await ready(client)
                async with client.batch() as batch:
                    for number in range(5):
                        await batch.add(document(number), name=f"{number}", profile="bhxh-hoso")
                    first = [one async for one in batch.sign()]
                    stopped = batch.result
                    second = [one.news.outcome async for one in batch.sign()]

            assert first == []
            assert stopped is not None
            assert stopped.stopped is not None
            assert second == ["signed"] * 5

    async def test_of_a_page_that_goes_away_ends_at_once(self, agent: AgentProcess) -> None:
        async with agent.connected() as client:
            await ready(client)
            async with client.batch() as batch:
                for number in range(2000):
                    await batch.add(document(number), name=f"{number}", profile="bhxh-hoso")
                count = 0
                async for _ in batch.sign():
                    count += 1
                    if count == 30:
                        client._connection.socket.transport.abort()
                        break

        seen = -1

        def steady() -> bool:
            nonlocal seen
            before, seen = seen, len(journal(agent))
            return before == seen

        wait_for(steady, "the batch to end")
        assert 30 <= seen < 2000
        # The token is free again.
        async with agent.connected() as client, client.batch() as batch:
            await batch.add(document(0), name="sau", profile="bhxh-hoso")
            assert [one.news.outcome async for one in batch.sign()] == ["signed"]

    async def test_killed_with_its_agent_has_all_that_left_in_the_journal(
        self, agent: AgentProcess
    ) -> None:
        left: set[str] = set()

        async def signing() -> None:
            async with agent.connected() as client:
                await ready(client)
                async with client.batch() as batch:
                    for number in range(1000):
                        await batch.add(document(number), name=f"{number}", profile="bhxh-hoso")
                    async for outcome in batch.sign():
                        assert await outcome.octets()
                        left.add(str(outcome.news.index))
                        if len(left) == 40:
                            kill(agent)

        with pytest.raises(Disconnected):
            await signing()
        signed = {name for name, outcome in journal(agent) if outcome == "signed"}

        assert len(left) >= 40
        assert left <= signed
        # What has not left by then was on its way: no more than is under way at once.
        assert len(signed - left) <= 300


class TestASessionOfDigests:
    async def test_killed_with_its_agent_has_all_that_left_in_the_journal(
        self, agent: AgentProcess
    ) -> None:
        left = 0

        async def signing() -> None:
            nonlocal left
            async with agent.connected() as client:
                await ready(client)
                await client.request_site(SiteRequestParams(digests=True))
                params = DigestsOpenParams(count=5000, seconds=60, hash="sha256", reason="phiên")
                async with client.digests(params) as session:
                    while True:
                        left += len(await session.sign([os.urandom(32) for _ in range(5)]))
                        if left == 100:
                            kill(agent)

        with pytest.raises(Disconnected):
            await signing()
        outcomes = [outcome for name, outcome in journal(agent) if name == "phiên"]

        assert left >= 100
        assert outcomes.count("signed") >= left

    async def test_is_over_when_the_tokens_worker_is_killed(self, agent: AgentProcess) -> None:
        async with agent.connected() as client:
            await ready(client)
            await client.request_site(SiteRequestParams(digests=True))
            params = DigestsOpenParams(count=5000, seconds=60, hash="sha256")
            async with client.digests(params) as session:
                await session.sign([bytes(32)])
                token_worker(agent).kill()
                codes = []
                for _ in range(2):
                    with pytest.raises(ProtocolError) as refused:
                        await session.sign([bytes(32)])
                    codes.append(refused.value.code)
            async with client.digests(params) as again:
                assert len(await again.sign([bytes(32)] * 3)) == 3

        assert codes[0] in {"module_failed", "token_busy"}
        assert codes[1] == "digest_session_over"

    async def test_holds_its_token_and_no_other_requests_up(self, agent: AgentProcess) -> None:
        async with agent.connected() as client, agent.connected() as other:
            await ready(client)
            await client.request_site(SiteRequestParams(digests=True))
            params = DigestsOpenParams(count=10, seconds=60, hash="sha256")
            async with client.digests(params), other.batch() as batch:
                await batch.add(document(0), name="0", profile="bhxh-hoso")
                async with asyncio.timeout(5):
                    outcomes = [one async for one in batch.sign()]
                result = batch.result

        assert outcomes == []
        assert result is not None
        assert result.stopped is not None
        assert result.stopped.code == "token_in_use"
