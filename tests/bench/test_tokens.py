"""Tokens: how soon a card is seen, what idling costs, and signatures beside the raw module.

Run with: pytest -m bench -s tests/bench/test_tokens.py
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psutil
import pytest

from agent.keys import KeyType, Mechanism
from agent.pin import Pin
from agent.tokens.inventory import Inventory
from agent.tokens.modules import Module
from tests.support.card import PcscStack, VirtualCard
from tests.support.softhsm import FilledToken, new_filled_token

pytestmark = pytest.mark.bench

IDLE_SECONDS = 30
TURNS = 8
SECONDS = 2.0

#: PyKCS11 in a process of its own, as the worker has it, without a pipe.
RAW = """
import sys, time, PyKCS11 as P
library = P.PyKCS11Lib()
library.load(sys.argv[1])
session = library.openSession(library.getSlotList(True)[0])
session.login(sys.argv[2])
for kind, mechanism, size in (P.CKK_RSA, P.CKM_RSA_PKCS, 51), (P.CKK_EC, P.CKM_ECDSA, 32):
    key, *_ = session.findObjects([(P.CKA_CLASS, P.CKO_PRIVATE_KEY), (P.CKA_KEY_TYPE, kind)])
    begin, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < 2:
        session.sign(key, bytes(size), P.Mechanism(mechanism, None))
        done += 1
    print(done / spent)
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledToken]:
    made = new_filled_token(tmp_path_factory.mktemp("softhsm"))
    with made.hsm.in_environment():
        yield made


@asynccontextmanager
async def inventory(*modules: Module) -> AsyncIterator[Inventory]:
    async with Inventory(modules) as tokens:
        await tokens.refresh()
        yield tokens


def processes() -> list[psutil.Process]:
    """This one and its workers."""
    me = psutil.Process()
    return [me, *(c for c in me.children() if "agent.tokens.worker" in " ".join(c.cmdline()))]


async def test_how_soon_a_card_is_seen(card_stack: PcscStack, card: VirtualCard) -> None:
    appeared, vanished = [], []
    async with inventory(card_stack.module()) as tokens:
        changes = tokens.changes()
        for _ in range(TURNS):
            begin = time.perf_counter()
            card.insert(wait=False)
            while not tokens.certificates():
                await anext(changes)
            appeared.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            card.remove(wait=False)
            while tokens.tokens():
                await anext(changes)
            vanished.append(time.perf_counter() - begin)
            await asyncio.to_thread(card.remove)
    for what, seconds in ("appears", appeared), ("vanishes", vanished):
        median, longest = statistics.median(seconds), max(seconds)
        print(f"\na card {what} after {median:.2f} s (median), {longest:.2f} s (longest)", end="")


@pytest.mark.timeout(3 * IDLE_SECONDS)
@pytest.mark.parametrize("what", ["SoftHSM, polled", "no card", "a card"])
async def test_what_idling_costs(
    card_stack: PcscStack, card: VirtualCard, filled: FilledToken, what: str
) -> None:
    if what == "a card":
        card.insert()
    module = filled.hsm.module() if "SoftHSM" in what else card_stack.module()
    async with inventory(module):
        await asyncio.sleep(12)  # the looks after the first event are over
        watched = processes()

        def spent() -> float:
            times = [process.cpu_times() for process in watched]
            return sum(t.user + t.system for t in times)

        before = spent()
        await asyncio.sleep(IDLE_SECONDS)
        share = (spent() - before) / IDLE_SECONDS
        memory = [round(p.memory_full_info().pss / 2**20) for p in watched[1:]]
    print(f"\n{what}: {share:.2%} of a processor, workers of {memory} MB (PSS)", end="")


async def test_signatures_beside_the_raw_module(filled: FilledToken) -> None:
    raw = subprocess.run(
        (sys.executable, "-c", RAW, str(filled.hsm.library), filled.token.pin),
        env=os.environ | filled.hsm.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    rates = dict(zip(KeyType, map(float, raw), strict=True))
    schemes = {KeyType.RSA: Mechanism.RSA_PKCS1_SHA256, KeyType.EC: Mechanism.ECDSA_SHA256}
    async with inventory(filled.hsm.module()) as tokens:
        for kind, mechanism in schemes.items():
            certificate = next(c for c in tokens.certificates() if c.key_type is kind)
            async with tokens.open(certificate.id) as key:
                await key.login(Pin(bytearray(filled.token.pin.encode())))
                begin, done = time.perf_counter(), 0
                while (spent := time.perf_counter() - begin) < SECONDS:
                    await key.sign(bytes(32), mechanism)
                    done += 1
            rate = done / spent
            print(f"\n{kind}: {rate:.0f}/s, {rate / rates[kind]:.2f} of the raw module", end="")
