"""Complete signatures per second through the agent, beside the raw PKCS#11 loop of the same run.

Run with: pytest -m bench -s tests/bench/test_signatures.py

A complete signature is what a page asks for: certificate judged, question asked (and answered by a
script at once), PIN to the token, signature, our own verification, journal on the disk, reply.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from protocol.client import Agent
from protocol.messages import LoginParams, Progress, SignXmlParams
from tests.bench.conftest import PIN
from tests.support.measuring import tell
from tests.support.sandbox import form_for
from tests.support.waiting import eventually
from webui.bhxh import form05

pytestmark = pytest.mark.bench

ROUNDS = 3
#: Within the burst that a connection is allowed (protocol.limits), so that its rate is not told.
SIGNATURES = 48

#: PyKCS11 in a process of its own, as the worker has it. "bare": one login, then signatures.
#: "complete": what PKCS#11 cannot spare a single signature: session, login, key, sign, logout.
RAW = """
import sys, time, PyKCS11 as P
library = P.PyKCS11Lib()
library.load(sys.argv[1])
slot = library.getSlotList(True)[0]
rsa = P.Mechanism(P.CKM_RSA_PKCS, None)

def opened():
    session = library.openSession(slot)
    session.login(sys.argv[2])
    return session, session.findObjects([(P.CKA_CLASS, P.CKO_PRIVATE_KEY)])[0]

def complete():
    session, key = opened()
    session.sign(key, bytes(51), rsa)
    session.logout()
    session.closeSession()

def rate(work):
    begin, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < 1.5:
        work()
        done += 1
    return done / spent

print(rate(complete))
session, key = opened()
print(rate(lambda: session.sign(key, bytes(51), rsa)))
"""

Ask = Callable[[Agent], Awaitable[object]]


async def test_signatures_per_second(office, new_agent):
    document = form05.build(form_for(office.company))

    async def sign(client: Agent) -> None:
        await client.sign_xml(
            SignXmlParams(document=document, name="05/SĐ-IVAN", profile="bhxh-hoso")
        )

    async def login(client: Agent) -> None:
        await client.login(LoginParams(nonce=secrets.token_bytes(32)))

    rates: dict[str, list[float]] = defaultdict(list)
    ratios: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with new_agent() as agent:
        # SoftHSM reads its tokens once, at the start, and misses one that is just being used.
        async with agent.connected() as client:
            await _ready(client)
        # Rounds take turns, because this kind of machine changes its speed within minutes.
        for _ in range(ROUNDS):
            complete, bare = await asyncio.to_thread(_raw, office)
            rates["PKCS#11, login for each"].append(complete)
            rates["PKCS#11, one login"].append(bare)
            for name, ask in ("login", login), ("sign.xml", sign):
                for in_flight in 1, 8:
                    async with agent.connected() as client:
                        await ask(client)  # what is loaded at first use is loaded
                        rate = await _rate(client, ask, in_flight=in_flight)
                    what = f"{name}, {in_flight} in flight"
                    rates[what].append(rate)
                    ratios[what].append((rate / complete, rate / bare))
    for what, found in rates.items():
        told = "/".join(f"{rate:.0f}" for rate in found) + " per second"
        if what in ratios:
            to_complete, to_bare = (statistics.median(r) for r in zip(*ratios[what], strict=True))
            told += f"; {to_complete:.2f} of PKCS#11 with login, {to_bare:.2f} of the bare loop"
        tell(what, told)


async def test_where_the_time_of_a_document_goes(office, new_agent):
    """By the stages that the agent reports; the first includes the way there and the judgement."""
    document = form05.build(form_for(office.company))
    spent: dict[str, list[float]] = defaultdict(list)
    with new_agent() as agent:
        async with agent.connected() as client:
            await _ready(client)
            for turn in range(SIGNATURES):
                marks = [("asked", time.perf_counter())]

                def mark(step: Progress, marks=marks) -> None:
                    marks.append((step.stage.value, time.perf_counter()))

                params = SignXmlParams(document=document, name="05/SĐ-IVAN", profile="bhxh-hoso")
                await client.sign_xml(params, progress=mark)
                marks.append(("", time.perf_counter()))
                if turn:
                    for (stage, begin), (_, end) in pairwise(marks):
                        spent[stage].append(end - begin)
                else:
                    tell("the first document", f"{marks[-1][1] - marks[0][1]:.3f} s")
    for stage, seconds in spent.items():
        tell(f"sign.xml: from {stage!r} on", f"{1000 * statistics.median(seconds):.1f} ms (median)")


async def _ready(client: Agent) -> None:
    async def token_known() -> bool:
        return bool((await client.tokens()).tokens)

    await eventually(token_known, "the token")


async def _rate(client: Agent, ask: Ask, *, in_flight: int) -> float:
    async def several(times: int) -> None:
        for _ in range(times):
            await ask(client)

    begin = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(several(SIGNATURES // in_flight))
    return SIGNATURES / (time.perf_counter() - begin)


def _raw(office) -> tuple[float, float]:
    complete, bare = subprocess.run(
        (sys.executable, "-c", RAW, str(office.hsm.library), PIN),
        env=os.environ | office.hsm.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return float(complete), float(bare)
