"""Contents over the WebSocket: how fast they are taken, and a gigabyte signed beside the document.

Run with: pytest -m bench -s tests/bench/test_content.py

"raw" is an aiohttp server in a process of its own that reads binary messages of the same size and
does nothing with them, and the same client library: what a WebSocket costs by itself.
"""

import asyncio
import hashlib
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import websockets

from protocol.client import Agent, Stream
from protocol.limits import MAX_PIECE_BYTES
from tests.support.agent_process import AgentProcess
from tests.support.measuring import tell
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

MIB = 1024**2
GIB = 1024**3
UPLOAD = 256 * MIB
ROUNDS = 3
CHUNK = bytes(range(256)) * 4096

#: Prints its port; answers the count of octets when it is sent a text.
RAW = """
import asyncio
from aiohttp import WSMsgType, web

async def take(request):
    socket = web.WebSocketResponse(max_msg_size=2**24, compress=False)
    await socket.prepare(request)
    count = 0
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            count += len(message.data)
        else:
            await socket.send_str(str(count))
    return socket

async def main():
    application = web.Application()
    application.router.add_get("/", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def octets(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // len(CHUNK)):
        yield CHUNK


async def raw_seconds(port: int, size: int) -> float:
    piece = CHUNK[:MAX_PIECE_BYTES]
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/", compression=None, max_size=2**24, proxy=None
    ) as socket:
        begin = time.perf_counter()
        for _ in range(size // len(piece)):
            await socket.send(piece)
        await socket.send("done")
        assert int(await socket.recv()) == size
        return time.perf_counter() - begin


async def upload_seconds(client: Agent, size: int, *, digest_only: bool) -> float:
    """Until the agent has dealt with the last piece."""
    contents = client._connection.contents
    begin = time.perf_counter()
    number = await contents.upload(Stream(size, octets(size)), digest_only=digest_only)
    # What is refused by the profile alone was waited for until it is whole.
    with pytest.raises(Exception, match="profile_unknown"):
        await client._ask("sign.document", _by_no_profile(number), object)  # type: ignore[arg-type]
    spent = time.perf_counter() - begin
    await contents.forget(number)
    return spent


def _by_no_profile(number: int):
    from protocol.documents import SignDocumentParams, Source

    return SignDocumentParams(source=Source(content=number), name="x", profile="no-such-profile")


async def ready(agent: AgentProcess) -> None:
    async def token_is_there() -> bool:
        async with agent.connected() as client:
            return bool((await client.tokens()).tokens)

    await eventually(token_is_there, "the token")


async def test_uploads_beside_a_raw_websocket(new_agent) -> None:
    rates: dict[str, list[float]] = {"raw": [], "only hashed": [], "kept": []}
    with subprocess.Popen([sys.executable, "-c", RAW], stdout=subprocess.PIPE, text=True) as raw:
        assert raw.stdout is not None
        port = int(raw.stdout.readline())
        with new_agent() as agent:
            async with agent.connected() as client:
                for _ in range(ROUNDS):
                    rates["raw"].append(UPLOAD / MIB / await raw_seconds(port, UPLOAD))
                    for what, digest_only in (("only hashed", True), ("kept", False)):
                        spent = await upload_seconds(client, UPLOAD, digest_only=digest_only)
                        rates[what].append(UPLOAD / MIB / spent)
        raw.kill()
    hashing = hashlib.sha256()
    begin = time.perf_counter()
    for _ in range(UPLOAD // len(CHUNK)):
        hashing.update(CHUNK)
    tell("SHA-256 alone, one thread", f"{UPLOAD / MIB / (time.perf_counter() - begin):.0f} MiB/s")
    for what, each in rates.items():
        ratio = statistics.median(a / b for a, b in zip(each, rates["raw"], strict=True))
        tell(f"upload, {what}", f"{statistics.median(each):.0f} MiB/s, {ratio:.2f} of raw")


async def test_a_gigabyte_is_signed_beside_the_document(new_agent, tmp_path: Path) -> None:
    document = tmp_path / "gigabyte"
    with document.open("wb") as file:
        for _ in range(GIB // len(CHUNK)):
            file.write(CHUNK)
    ours, theirs, growth = [], [], []
    with new_agent() as agent:
        await ready(agent)
        assert agent.process is not None
        process = psutil.Process(agent.process.pid)
        async with agent.connected() as client:
            # What is loaded with the first signature is not the gigabyte's.
            await client.sign_document(bytes(MIB), name="first", profile="cades-detached")
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                subprocess.run(
                    ["openssl", "dgst", "-sha256", document], check=True, capture_output=True
                )
                theirs.append(time.perf_counter() - begin)
                before = process.memory_info().rss
                watching = asyncio.create_task(_most_memory(process))
                begin = time.perf_counter()
                signed = await client.sign_document(
                    document, name="gigabyte", profile="cades-detached"
                )
                ours.append(time.perf_counter() - begin)
                watching.cancel()
                growth.append((await watching - before) / MIB)
    (tmp_path / "signed").write_bytes(signed.document or b"")
    judged = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in",
         tmp_path / "signed", "-content", document, "-out", "/dev/null"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert judged.returncode == 0, judged.stderr
    tell("openssl dgst -sha256 of 1 GiB", f"median {statistics.median(theirs):.2f} s")
    tell("detached CMS of 1 GiB over the WebSocket", f"median {statistics.median(ours):.2f} s")
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    tell("  ratio", f"{ratio:.2f}", target="at most 1.25 without the WebSocket")
    tell("  the agent's memory grew by", f"{max(growth):.0f} MiB", target="at most 64 MiB")


async def _most_memory(process: psutil.Process) -> int:
    """Looked at often; told when cancelled."""
    most = 0
    try:
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        return most
