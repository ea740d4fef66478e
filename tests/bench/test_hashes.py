"""Signatures over hashes through a digest session, beside the raw PKCS#11 loop of the same run.

Run with: pytest -m bench -s tests/bench/test_hashes.py

The whole way is measured: WebSocket, session, the token's worker, our own verification, the journal
and back. The client is the smallest there is (tests/support/plain_socket.py). Rounds take turns
with a loop of C_Sign in a process of its own, because this kind of machine changes its speed within
minutes; each ratio is of neighbours, and the median is told.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable

import pytest

from protocol.client import Agent
from tests.bench.conftest import PIN, TOKEN
from tests.support.agent_process import AgentProcess
from tests.support.measuring import tell
from tests.support.plain_socket import PlainSocket
from tests.support.waiting import eventually

pytestmark = pytest.mark.bench

ROUNDS = int(os.environ.get("OPENKYSO_BENCH_ROUNDS", "7"))
HASHES = int(os.environ.get("OPENKYSO_BENCH_HASHES", "300"))

RAW = """
import sys, time, PyKCS11 as P
library = P.PyKCS11Lib()
library.load(sys.argv[1])
session = library.openSession(library.getSlotList(True)[0])
session.login(sys.argv[2])
key = session.findObjects([(P.CKA_CLASS, P.CKO_PRIVATE_KEY)])[0]
rsa = P.Mechanism(P.CKM_RSA_PKCS, None)
for _ in sys.stdin:
    spent = []
    begin = time.perf_counter()
    for _ in range(int(sys.argv[3])):
        at = time.perf_counter()
        session.sign(key, bytes(51), rsa)
        spent.append(time.perf_counter() - at)
    total = time.perf_counter() - begin
    print(sorted(spent)[len(spent) // 2], len(spent) / total, flush=True)
"""


class Raw:
    """C_Sign, by itself: its median seconds and its rate."""

    def __init__(self, library: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-c", RAW, library, PIN, str(HASHES)),
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self) -> tuple[float, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        seconds, rate = self._process.stdout.readline().split()
        return float(seconds), float(rate)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


async def test_hashes(office, tmp_path):
    raw = Raw(str(office.hsm.library), office.hsm.environment)
    ratios: dict[str, list[float]] = defaultdict(list)
    told: dict[str, list[str]] = defaultdict(list)
    with office.agent(tmp_path / "agent") as agent:
        async with agent.connected() as client:
            await _ready(client)
        try:
            for turn in range(ROUNDS + 1):
                seconds, rate = await asyncio.to_thread(raw.measure)
                latency = await asyncio.to_thread(_session, agent, _one_by_one)
                throughput = await asyncio.to_thread(_session, agent, _eight_in_flight)
                in_hundreds = await asyncio.to_thread(_session, agent, _in_messages_of_a_hundred)
                if turn == 0:
                    continue  # what is loaded at first use is loaded
                ratios["1 in flight: latency / C_Sign"].append(latency / seconds)
                ratios["8 in flight: rate / C_Sign's"].append(throughput / rate)
                ratios["100 in a message: rate / C_Sign's"].append(in_hundreds / rate)
                told["1 in flight: latency / C_Sign"].append(
                    f"{1e3 * latency:.2f}/{1e3 * seconds:.2f} ms"
                )
                told["8 in flight: rate / C_Sign's"].append(f"{throughput:.0f}/{rate:.0f}")
                told["100 in a message: rate / C_Sign's"].append(f"{in_hundreds:.0f}/{rate:.0f}")
        finally:
            raw.stop()
    targets = {
        "1 in flight: latency / C_Sign": "<= 1.6",
        "8 in flight: rate / C_Sign's": ">= 0.9",
        "100 in a message: rate / C_Sign's": "",
    }
    for what, found in ratios.items():
        middle, least, most = statistics.median(found), min(found), max(found)
        said = f"median {middle:.2f} ({least:.2f} to {most:.2f}); {', '.join(told[what])}"
        tell(what, said, target=targets[what])


def _session(agent: AgentProcess, measure: Callable[[PlainSocket, str, list[str]], float]) -> float:
    digests = [b64encode(secrets.token_bytes(32)).decode() for _ in range(HASHES)]
    page = PlainSocket(agent.url)
    try:
        token = agent.record["native_token"]
        page.call("hello", versions=[1], client="Bench", native_token=token)
        page.call("site.request", digests=True)
        opened = page.call(
            "digests.open", count=HASHES + 20, seconds=600, hash="sha256", reason="đo"
        )
        session = opened["session"]
        for digest in digests[:10]:
            page.call("digests.sign", session=session, digests=[digest])
        measured = measure(page, session, digests)
        page.call("digests.close", session=session)
        return measured
    finally:
        page.close()


def _one_by_one(page: PlainSocket, session: str, digests: list[str]) -> float:
    """Median seconds."""
    spent = []
    for digest in digests:
        begin = time.perf_counter()
        page.call("digests.sign", session=session, digests=[digest])
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


def _eight_in_flight(page: PlainSocket, session: str, digests: list[str]) -> float:
    """Per second."""
    begin = time.perf_counter()
    for digest in digests[:8]:
        page.send("digests.sign", session=session, digests=[digest])
    for digest in digests[8:]:
        page.result()
        page.send("digests.sign", session=session, digests=[digest])
    for _ in range(8):
        page.result()
    return len(digests) / (time.perf_counter() - begin)


def _in_messages_of_a_hundred(page: PlainSocket, session: str, digests: list[str]) -> float:
    begin = time.perf_counter()
    for at in range(0, len(digests), 100):
        page.call("digests.sign", session=session, digests=digests[at : at + 100])
    return len(digests) / (time.perf_counter() - begin)


async def _ready(client: Agent) -> None:
    async def token_known() -> bool:
        return any(token.label == TOKEN for token in (await client.tokens()).tokens)

    await eventually(token_known, "the token")
