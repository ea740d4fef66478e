"""Documents of any size through the Python client, against the real session of the agent."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import UNSET

from protocol.client import Agent, Moved, Stream, connect
from protocol.client_documents import INLINE_BYTES
from protocol.documents import SignDigestParams, SignOptions
from protocol.errors import ProtocolError
from protocol.limits import MIN_PIECE_BYTES, WINDOW_BYTES
from protocol.messages import SiteRequestParams
from tests.support.protocol_agent import FILE, FULL_BYTES, NATIVE_TOKEN, Serving, serving
from tests.support.waiting import eventually

SIGNED = b"<!-- signed -->"
SIZES = [0, 1, INLINE_BYTES, INLINE_BYTES + 1, 2 * WINDOW_BYTES + MIN_PIECE_BYTES + 1]


@pytest.fixture
async def agent():
    async with serving() as running:
        yield running


@pytest.fixture
async def native(agent: Serving):
    async with connect(agent.url, client="Test", token=NATIVE_TOKEN) as connected:
        yield connected


def octets(size: int) -> bytes:
    return os.urandom(min(size, 5000)) + bytes(max(0, size - 5000))


async def sliced(document: bytes, *lengths: int) -> AsyncIterator[bytes]:
    at = 0
    for length in (*lengths, len(document)):
        yield document[at : at + length]
        at += length


@pytest.mark.parametrize("size", SIZES)
async def test_bytes_of_any_size_are_signed(native: Agent, size: int):
    document = octets(size)

    signed = await native.sign_document(document, name="a", profile="cades-attached")

    assert signed.document == document + SIGNED
    assert (signed.size, signed.sha256) == (
        size + len(SIGNED),
        hashlib.sha256(document).hexdigest(),
    )


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_goes_in_and_another_one_comes_out(native: Agent, tmp_path: Path, size: int):
    document, (source, target) = octets(size), (tmp_path / "in", tmp_path / "out")
    source.write_bytes(document)

    signed = await native.sign_document(source, name="a", profile="pades", into=target)

    assert target.read_bytes() == document + SIGNED
    assert signed.document is None
    assert sorted(tmp_path.iterdir()) == [source, target]


async def test_a_stream_may_come_in_pieces_of_any_length(native: Agent):
    document = octets(3 * WINDOW_BYTES)
    stream = Stream(len(document), sliced(document, 0, 1, 70_000, 2_000_000))

    signed = await native.sign_document(stream, name="a", profile="pades")

    assert signed.document == document + SIGNED


@pytest.mark.parametrize("said", [INLINE_BYTES * 2 - 1, INLINE_BYTES * 2 + 1, 0])
async def test_a_stream_of_another_length_than_was_said_is_given_up(
    agent: Serving, native: Agent, said: int
):
    stream = Stream(said, sliced(octets(INLINE_BYTES * 2)))

    with pytest.raises(ValueError, match="than it was said to be"):
        await native.sign_document(stream, name="a", profile="pades")
    await native.tokens()

    [connection] = agent.world.connections
    assert connection.contents == {}
    assert "sign.document" not in agent.world.asked


async def test_what_moves_is_told_in_bytes(native: Agent):
    document, moves = octets(WINDOW_BYTES + 1), []

    await native.sign_document(document, name="a", profile="pades", moved=moves.append)

    up = [move for move in moves if move.way == "up"]
    down = [move for move in moves if move.way == "down"]
    assert up == sorted(up, key=lambda move: move.done)
    assert up[-1] == Moved("up", len(document), len(document))
    assert down[-1] == Moved("down", len(document) + len(SIGNED), len(document) + len(SIGNED))


async def test_the_agent_may_forget_what_was_signed(agent: Serving, native: Agent):
    await native.sign_document(octets(INLINE_BYTES + 1), name="a", profile="pades")
    await native.tokens()

    assert agent.world.forgotten == [1]


async def test_a_picked_file_is_named_by_its_id(native: Agent):
    [picked] = (await native.pick_files()).files

    signed = await native.sign_document(picked, name=picked.name, profile="pades")

    assert picked == FILE
    assert signed.document == b"picked" + SIGNED


async def test_a_detached_signature_needs_no_more_than_hashes(agent: Serving, native: Agent):
    asked = []
    for profile, options in (
        ("cades-detached", SignOptions()),
        ("cades-detached", SignOptions(hash="sha512")),
        ("pades", SignOptions()),
    ):
        await native.sign_document(octets(300_000), name="a", profile=profile, options=options)
        asked.append(agent.world.digest_only[-1])

    assert asked == [True, False, False]


async def test_what_was_not_reached_is_said(native: Agent):
    signed = await native.sign_document(
        b"x", name="a", profile="pades", options=SignOptions(level="B-T")
    )

    assert (signed.level, signed.level_problem) == ("B-B", "timestamp_not_configured")


class TestRefusals:
    async def test_stop_an_upload_on_its_way(self, agent: Serving, native: Agent):
        moves = []
        with pytest.raises(ProtocolError, match="storage_full"):
            await native.sign_document(
                octets(FULL_BYTES), name="a", profile="pades", moved=moves.append
            )

        assert "sign.document" not in agent.world.asked
        assert (await native.tokens()).tokens

    async def test_of_the_user_leave_nothing(self, agent: Serving, native: Agent):
        with pytest.raises(ProtocolError, match="user_refused"):
            await native.sign_document(octets(300_000), name="refuse", profile="pades")
        await native.tokens()

        assert agent.world.forgotten == [1]


class TestGivingUp:
    async def test_an_upload(self, agent: Serving, native: Agent):
        began = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield bytes(300_000)
            began.set()
            await asyncio.Event().wait()

        signing = asyncio.create_task(
            native.sign_document(Stream(600_000, slow()), name="a", profile="pades")
        )
        await began.wait()
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)

        await eventually(lambda: agent.world.forgotten, "the agent to forget it")
        assert (await native.tokens()).tokens

    async def test_while_the_user_is_asked(self, agent: Serving, native: Agent):
        signing = asyncio.create_task(
            native.sign_document(octets(300_000), name="wait", profile="pades")
        )
        await eventually(lambda: "sign.document" in agent.world.asked, "the question")
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)

        await eventually(lambda: agent.world.aborted, "the agent to give up")
        await eventually(lambda: agent.world.forgotten, "the agent to forget it")

    async def test_what_comes_back(self, agent: Serving, native: Agent):
        document = octets(3 * WINDOW_BYTES)
        async with native.signing_document(document, name="a", profile="pades") as signed:
            assert document.startswith(await anext(signed.pieces))

        await eventually(lambda: agent.world.unwanted, "the agent to be told")
        again = await native.sign_document(document, name="a", profile="pades")
        assert again.document == document + SIGNED

    async def test_what_nobody_begins_to_take(self, agent: Serving, native: Agent):
        document = octets(3 * WINDOW_BYTES)
        async with native.signing_document(document, name="a", profile="pades") as signed:
            assert signed.result.size == len(document) + len(SIGNED)

        await eventually(lambda: agent.world.unwanted, "the agent to be told")
        again = await native.sign_document(document, name="a", profile="pades")
        assert again.document == document + SIGNED

    async def test_an_answer_that_is_on_its_way(self, agent: Serving, native: Agent):
        """The agent has signed when it hears of the cancellation: its frames go nowhere."""
        document = octets(3 * WINDOW_BYTES)
        connection = native._connection
        real, answers = connection._answered, []

        async def late(request_id, outcome):
            answers.append((request_id, outcome))
            signing.cancel()
            await asyncio.gather(signing, return_exceptions=True)
            await real(request_id, outcome)

        connection._answered = late
        signing = asyncio.create_task(native.sign_document(document, name="a", profile="pades"))
        await asyncio.gather(signing, return_exceptions=True)
        del connection._answered

        await eventually(lambda: agent.world.unwanted, "the agent to be told")
        again = await native.sign_document(document, name="a", profile="pades")
        assert again.document == document + SIGNED


async def test_a_slow_reader_holds_the_agent_up(agent: Serving, native: Agent):
    document = octets(4 * WINDOW_BYTES)
    async with native.signing_document(document, name="a", profile="pades") as signed:
        first = await anext(signed.pieces)
        [connection] = agent.world.connections
        await eventually(lambda: connection.session.sending.room(1) is None, "no more credit")
        # What has come and is not taken is no more than the window.
        assert (await native.tokens()).tokens
        rest = b"".join([piece async for piece in signed.pieces])

    assert first + rest == document + SIGNED


async def test_a_lost_connection_ends_uploads_and_downloads(agent: Serving, native: Agent):
    with pytest.raises(Exception, match="connection to the agent has ended"):
        await native.sign_document(octets(300_000), name="hang up", profile="pades")


async def test_a_digest_is_signed_for_those_who_may(native: Agent):
    params = SignDigestParams(digest=bytes(range(32)), hash="sha256", name="a")
    with pytest.raises(ProtocolError, match="digests_not_allowed"):
        await native.sign_digest(params)
    granted = await native.request_site(SiteRequestParams(digests=True))

    signed = await native.sign_digest(params)

    assert granted.digests
    assert signed.signature == bytes(reversed(range(32)))
    assert params.certificate is UNSET
