"""Batches and sessions of digests through the Python client."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.client import Agent, connect
from protocol.documents import DigestsOpenParams
from protocol.errors import ProtocolError
from protocol.messages import SiteRequestParams
from tests.support.protocol_agent import ALLOWED_ORIGIN, Serving, serving
from tests.support.waiting import eventually

SIGNED = b"<!-- signed -->"


@pytest.fixture
async def at() -> AsyncIterator[Serving]:
    async with serving() as serves:
        yield serves


@pytest.fixture
async def agent(at: Serving) -> AsyncIterator[Agent]:
    async with connect(at.url, client="Test", origin=ALLOWED_ORIGIN) as connected:
        yield connected


class TestABatch:
    async def test_of_bytes_and_files_is_signed(self, agent: Agent, tmp_path: Path) -> None:
        (tmp_path / "large").write_bytes(b"x" * 700_000)
        async with agent.batch(reason="Tháng 11") as batch:
            assert await batch.add(b"a", name="a", profile="jws") == 0
            assert await batch.add(tmp_path / "large", name="b", profile="pades") == 1
            made = {one.news.index: await one.octets() async for one in batch.sign()}

            assert made == {0: b"a" + SIGNED, 1: b"x" * 700_000 + SIGNED}
            assert batch.result is not None
            assert (batch.result.signed, batch.result.left) == (2, 0)

    async def test_forgets_what_was_sent_when_it_is_signed(self, agent: Agent, at: Serving) -> None:
        async with agent.batch() as batch:
            await batch.add(b"x" * 100_000, name="b", profile="pades")
            assert at.world.forgotten == []
            async for one in batch.sign():
                await one.octets()
        await eventually(lambda: at.world.forgotten == [1], "the content to be forgotten")

    async def test_of_more_than_a_message_has_is_handed_in_by_several(self, agent: Agent) -> None:
        async with agent.batch() as batch:
            for number in range(205):
                await batch.add(b"%d" % number, name="n", profile="jws")
            made = {one.news.index: await one.octets() async for one in batch.sign()}

        assert made == {number: b"%d" % number + SIGNED for number in range(205)}

    async def test_is_not_held_up_by_what_nobody_takes(self, agent: Agent, at: Serving) -> None:
        async with agent.batch() as batch:
            for number in range(3):
                await batch.add(b"x" * 3_000_000, name=f"{number}", profile="pades")
            outcomes = [one.news.outcome async for one in batch.sign()]

        assert outcomes == ["signed"] * 3

    async def test_tells_of_each_that_is_not_signed_why(self, agent: Agent) -> None:
        async with agent.batch() as batch:
            await batch.add(b"a", name="a", profile="no-such-profile")
            await batch.add(b"b", name="x", profile="jws")
            told = [one.news async for one in batch.sign()]

        assert [one.outcome for one in told] == ["failed", "excluded"]
        assert [one.error.code for one in told if one.error] == ["profile_unknown", "excluded"]

    async def test_that_was_stopped_is_taken_up(self, agent: Agent) -> None:
        async with agent.batch() as batch:
            for name in ("a", "stop", "c"):
                await batch.add(b"-", name=name, profile="jws")
            first = [one.news.index async for one in batch.sign()]
            assert batch.result is not None
            assert batch.result.stopped is not None
            stopped, left = batch.result.stopped.code, batch.result.left
            second = [one.news.index async for one in batch.sign()]

        assert (first, stopped, left) == ([0], "token_removed", 2)
        assert second == [1, 2]


class TestASessionOfDigests:
    async def test_signs_in_order(self, agent: Agent) -> None:
        await agent.request_site(SiteRequestParams(digests=True))
        params = DigestsOpenParams(count=10, seconds=60, hash="sha256")
        digests = [bytes([number]) * 32 for number in range(10)]
        async with agent.digests(params) as session:
            signatures = await session.sign(digests)
            with pytest.raises(ProtocolError) as refused:
                await session.sign(digests[:1])

        assert list(signatures) == [digest[::-1] for digest in digests]
        assert refused.value.code == "digest_session_over"
