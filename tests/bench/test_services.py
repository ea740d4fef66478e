"""Signatures per second from a signing service, beside the service's own limit in the same run.

Run with: pytest -m bench -s tests/bench/test_services.py

The service is our tests' own (CSC, https, an RSA-2048 key) in a process of its own. Its limits are
the bare key in that process, and the same requests sent by nothing but aiohttp: leave, signatures.
What our path adds is the door (bounds, JSON by strict types), the session and its checks.
"""

import asyncio
import base64
import hashlib
import json
import ssl
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import aiohttp
import psutil
import pytest

from agent.hsm.api import ToSign
from agent.hsm.csc import Csc
from agent.hsm.csc.session import CscSession
from agent.hsm.https import Doors
from agent.hsm.provider import Credential, Login
from agent.keys import Mechanism
from agent.pin import Pin
from agent.secret import Secret
from tests.support.csc_process import NAME, PASSWORD, PIN, CscProcess
from tests.support.measuring import tell

pytestmark = pytest.mark.bench

ROUNDS = 3
SECONDS = 1.5
#: Of one leave, and leaves asked for at the same time.
SHAPES = ((1, 1), (1, 8), (10, 1), (100, 1))

Work = Callable[[int], Awaitable[None]]


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_signatures_per_second(tmp_path, version):
    ratios: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    # Rounds take turns, because this kind of machine changes its speed within minutes.
    for turn in range(ROUNDS):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with CscProcess(folder=folder, version=version) as service:
            for hashes, at_once in SHAPES:
                bare = await bare_rate(service, hashes, at_once)
                ours = await our_rate(service, hashes, at_once)
                what = f"{version}, {hashes} in one leave, {at_once} at once"
                ratios[what].append((ours, bare, service.raw_rate))
    for what, found in ratios.items():
        ours, bare, raw = (statistics.median(column) for column in zip(*found, strict=True))
        to_bare = statistics.median(ours / bare for ours, bare, _ in found)
        to_raw = statistics.median(ours / raw for ours, _, raw in found)
        tell(
            what,
            f"{ours:.0f} per second; {to_bare:.2f} of the bare requests ({bare:.0f}), "
            f"{to_raw:.2f} of the bare key ({raw:.0f})",
        )


async def test_memory_that_signatures_leave_behind(tmp_path):
    with CscProcess(folder=tmp_path, version="v2") as service:
        async with Doors(ca=(service.ca,)) as doors:
            work = await our_work(doors, service)
            for _ in range(100):
                await work(1)
            before = resident()
            for _ in range(1000):
                await work(1)
            one_by_one = resident()
            for _ in range(100):
                await work(100)
            by_hundreds = resident()
    tell("after 1000 leaves of one", f"{one_by_one - before:+.1f} MiB of {before:.0f} MiB")
    tell("after 100 leaves of a hundred more", f"{by_hundreds - one_by_one:+.1f} MiB")


def resident() -> float:
    return psutil.Process().memory_info().rss / 2**20


async def our_rate(service: CscProcess, hashes: int, at_once: int) -> float:
    async with Doors(ca=(service.ca,)) as doors:
        return await rate(await our_work(doors, service), hashes, at_once)


async def our_work(doors: Doors, service: CscProcess) -> Work:
    session = await Csc().sign_in(
        doors.to(service.url), Login(name=NAME, password=Secret(PASSWORD))
    )
    (credential,) = await session.list_credentials()

    async def work(hashes: int) -> None:
        assert len(await signed(session, credential, hashes)) == hashes

    return work


async def signed(session: CscSession, credential: Credential, hashes: int) -> tuple[bytes, ...]:
    leave = await session.authorise(
        credential,
        [ToSign(name="tờ khai", digest=digest, message=b"") for digest in digests(hashes)],
        Mechanism.RSA_PKCS1_SHA256,
        pin=Pin(bytearray(PIN, "ascii")),
        otp=None,
    )
    signatures = await session.sign_hashes(leave)
    assert isinstance(signatures, tuple)
    return signatures


async def bare_rate(service: CscProcess, hashes: int, at_once: int) -> float:
    """The same two requests with nothing around them."""
    tls = ssl.create_default_context(cafile=service.ca)
    base = f"{service.url}/csc/{service.version}"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as client:
        basic = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()

        async def post(method: str, body: dict[str, object], auth: str) -> dict[str, str]:
            headers = {"Authorization": auth}
            async with client.post(f"{base}/{method}", json=body, headers=headers) as response:
                return json.loads(await response.read())

        token = (await post("auth/login", {}, f"Basic {basic}"))["access_token"]
        (credential,) = (await post("credentials/list", {}, f"Bearer {token}"))["credentialIDs"]

        async def work(count: int) -> None:
            encoded = [base64.b64encode(digest).decode() for digest in digests(count)]
            common: dict[str, object] = {"credentialID": credential}
            sha256 = "2.16.840.1.101.3.4.2.1"
            if service.version == "v2":
                common |= {"hashes": encoded, "hashAlgorithmOID": sha256}
                typed: dict[str, object] = {"authData": [{"id": "PIN", "value": PIN}]}
            else:
                common |= {"hash": encoded, "hashAlgo": sha256}
                typed = {"PIN": PIN}
            leave = await post(
                "credentials/authorize",
                common | typed | {"numSignatures": count},
                f"Bearer {token}",
            )
            order = {"SAD": leave["SAD"], "signAlgo": "1.2.840.113549.1.1.1"}
            made = await post("signatures/signHash", common | order, f"Bearer {token}")
            assert len(made["signatures"]) == count

        return await rate(work, hashes, at_once)


def digests(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([number])).digest() for number in range(count)]


async def rate(work: Work, hashes: int, at_once: int) -> float:
    """Signatures per second."""
    made = 0
    await work(hashes)  # what is loaded at first use is loaded
    begin = time.perf_counter()

    async def several() -> None:
        nonlocal made
        while time.perf_counter() - begin < SECONDS:
            await work(hashes)
            made += hashes

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(several())
    return made / (time.perf_counter() - begin)
