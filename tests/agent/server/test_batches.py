"""Batches over the wire: handles, bounds, outcomes as they come, contents, and the rest again."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.errors import TokenError
from protocol.limits import MAX_BATCHES, MAX_DOCUMENTS_AT_ONCE
from tests.support.edge import Page, running
from tests.support.prompts import Approve, Refuse, ScriptedUser, Wait
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


def document(index: int, octets: bytes | None = None, **more: object) -> dict[str, object]:
    inline = b64encode(octets or b"<d%d/>" % index).decode()
    return {
        "source": {"document": inline},
        "name": f"{index}.xml",
        "profile": "test",
        **more,
    }


@asynccontextmanager
async def page_of(directory: Path, card: Card, *steps, user: ScriptedUser | None = None):
    user = user or ScriptedUser(*steps)
    async with (
        running(directory, tokens=MemoryTokens(card), user=user) as agent,
        agent.page() as page,
    ):
        await page.hello()
        yield agent, page


async def opened(page: Page, *documents: dict[str, object], **more: object) -> str:
    batch = (await page.call("batch.open", **more))["batch"]
    if documents:
        await page.call("batch.add", batch=batch, documents=list(documents))
    return batch


def outcomes(page: Page) -> dict[int, dict]:
    told = [params for method, params in page.notified if method == "batch.document"]
    assert len({one["index"] for one in told}) == len(told), "once for each"
    return {one["index"]: one for one in told}


class TestABatch:
    async def test_of_any_sources_is_signed_under_one_pin(self, tmp_path: Path) -> None:
        card = Card()
        async with page_of(tmp_path, card, Approve()) as (agent, page):
            large = b"<large>" + b"x" * 200_000 + b"</large>"
            number = await page.send_content(large)
            of_content = document(3) | {"source": {"content": number}}
            batch = await opened(page, *map(document, range(3)), of_content, reason="Tháng 11")
            result = await page.call("batch.sign", batch=batch)
            told = outcomes(page)
            made = {index: await page.content(one["content"]) for index, one in told.items()}
            await page.call("batch.close", batch=batch)

        assert {k: result[k] for k in ("signed", "failed", "excluded", "left", "stopped")} == {
            "signed": 4, "failed": 0, "excluded": 0, "left": 0, "stopped": None,
        }  # fmt: skip
        assert result["certificate"]["id"] == card.id
        assert made[0].startswith(b"<d0/>|")
        assert made[3].startswith(large + b"|")
        assert all(one["outcome"] == "signed" and one["batch"] == batch for one in told.values())
        assert [len(made[index]) for index in made] == [told[index]["size"] for index in made]
        assert card.pins_tried == ["12345678"]
        [question] = agent.user.asked
        assert (question.reason, len(question.items)) == ("Tháng 11", 4)

    async def test_tells_how_far_it_is(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card(), Approve()) as (_, page):
            batch = await opened(page, *map(document, range(30)))
            request = await page.send("batch.sign", batch=batch)
            await page.answer(request)

        steps = [params for method, params in page.notified if method == "progress"]
        counted = [(s["done"], s["total"]) for s in steps if s["total"] == 30]
        assert counted[-1] == (30, 30)
        assert counted == sorted(counted)
        assert {s["request"] for s in steps} == {request}

    async def test_of_nothing_is_signed_at_once(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card()) as (agent, page):
            result = await page.call("batch.sign", batch=await opened(page))

            assert (result["signed"], result["certificate"]) == (0, None)
            assert agent.user.asked == []

    async def test_tells_of_each_that_is_not_signed_why(self, tmp_path: Path) -> None:
        user = ScriptedUser(Approve(without=frozenset({2})))
        async with page_of(tmp_path, Card(), user=user) as (_, page):
            batch = await opened(
                page,
                document(0, profile="none-such"),
                document(1, b"<!DOCTYPE x>"),
                document(2),
                document(3),
            )
            result = await page.call("batch.sign", batch=batch)
            told = outcomes(page)

        assert (result["signed"], result["failed"], result["excluded"]) == (1, 2, 1)
        assert [told[n]["error"]["code"] for n in range(3)] == [
            "profile_unknown",
            "document_has_dtd",
            "excluded",
        ]
        assert told[0]["error"]["vi"]
        assert all(told[n]["content"] is None for n in range(3))


class TestTheRest:
    async def test_is_signed_by_calling_again(self, tmp_path: Path) -> None:
        card = Card()
        async with page_of(tmp_path, card, Refuse(), Approve()) as (_, page):
            card.fails_with = TokenError("token_failed")  # at the first look of it
            batch = await opened(page, *map(document, range(5)))
            first = await page.call("batch.sign", batch=batch)
            second = await page.call("batch.sign", batch=batch)
            third = await page.call("batch.sign", batch=batch)

        assert (first["stopped"]["code"], first["left"]) == ("token_failed", 5)
        assert (second["stopped"]["code"], second["left"]) == ("user_refused", 5)
        assert (third["stopped"], third["signed"], third["left"]) == (None, 5, 0)

    async def test_may_be_added_to(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card(), Approve(), Approve()) as (agent, page):
            batch = await opened(page, document(0))
            await page.call("batch.sign", batch=batch)
            added = await page.call("batch.add", batch=batch, documents=[document(1)])
            result = await page.call("batch.sign", batch=batch)

        assert added["count"] == 2
        assert result["signed"] == 2
        assert sorted(outcomes(page)) == [0, 1]
        assert [question.again for question in agent.user.asked] == [False, True]


class TestABatchThatRuns:
    async def test_takes_nothing_more(self, tmp_path: Path) -> None:
        user = ScriptedUser(Wait(), Approve())
        async with page_of(tmp_path, Card(), user=user) as (_, page):
            batch = await opened(page, document(0))
            await page.send("batch.sign", batch=batch)
            await eventually(lambda: user.listening, "the window")
            codes = [
                (await page.refused("batch.sign", batch=batch))["code"],
                (await page.refused("batch.add", batch=batch, documents=[document(1)]))["code"],
                (await page.refused("batch.close", batch=batch))["code"],
            ]

        assert codes == ["batch_running"] * 3
        assert user.open_windows == 0

    async def test_is_cancelled_and_can_be_taken_up(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Approve(), Approve())
        async with page_of(tmp_path, card, user=user) as (_, page):
            batch = await opened(page, *map(document, range(5)))
            card.may_answer.clear()
            request = await page.send("batch.sign", batch=batch)
            await eventually(lambda: card.logged_in, "the key at work")
            cancel = await page.send("cancel", request=request)
            refused = await page.answer(request)
            await page.answer(cancel)
            assert (user.open_windows, card.open_sessions) == (0, 0)
            card.may_answer.set()
            result = await page.call("batch.sign", batch=batch)

        assert refused["error"]["data"]["code"] == "cancelled"
        assert (result["signed"], result["left"]) == (5, 0)

    async def test_ends_with_its_connection(self, tmp_path: Path) -> None:
        card = Card()
        user = ScriptedUser(Approve())
        async with page_of(tmp_path, card, user=user) as (_, page):
            batch = await opened(page, *map(document, range(5)))
            card.may_answer.clear()
            await page.send("batch.sign", batch=batch)
            await eventually(lambda: card.logged_in, "the key at work")
            await page.socket.close()
            await eventually(lambda: not card.open_sessions, "the key to be locked")

            assert (user.open_windows, card.logged_in) == (0, 0)


class TestBounds:
    async def test_on_batches_of_a_connection(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card()) as (_, page):
            batches = [await opened(page) for _ in range(MAX_BATCHES)]
            refused = await page.refused("batch.open")
            await page.call("batch.close", batch=batches[0])
            await opened(page)

        assert refused["code"] == "too_many_sessions"

    async def test_on_documents(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agent.server.batch.MAX_DOCUMENTS_IN_BATCH", 150)
        async with page_of(tmp_path, Card()) as (_, page):
            some = [document(n) for n in range(MAX_DOCUMENTS_AT_ONCE)]
            batch = await opened(page, *some)
            refused = await page.refused("batch.add", batch=batch, documents=some)
            count = await page.call("batch.add", batch=batch, documents=some[:50])
            more = await page.refused("batch.add", batch=batch, documents=[*some, some[0]])

        assert (refused["code"], refused["details"]["limit"]) == ("batch_too_large", 150)
        assert count["count"] == 150
        assert more["code"] == "invalid_params"

    async def test_on_handles(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card()) as (agent, page):
            batch = await opened(page)
            async with agent.page() as other:
                await other.hello()
                codes = [
                    (await other.refused("batch.sign", batch=batch))["code"],
                    (await other.refused("batch.add", batch=batch, documents=[document(0)]))[
                        "code"
                    ],
                ]
                closed = await other.call("batch.close", batch=batch)

        assert codes == ["batch_unknown"] * 2
        assert closed == {"closed": False}

    async def test_an_unknown_content_adds_nothing(self, tmp_path: Path) -> None:
        async with page_of(tmp_path, Card()) as (_, page):
            batch = await opened(page)
            unknown = document(1) | {"source": {"content": 77}}
            refused = await page.refused("batch.add", batch=batch, documents=[document(0), unknown])
            result = await page.call("batch.sign", batch=batch)

        assert refused["code"] == "content_unknown"
        assert result["signed"] == 0


async def test_documents_that_came_in_messages_lie_in_private_files_until_it_is_closed(
    tmp_path: Path,
) -> None:
    async with page_of(tmp_path, Card()) as (_, page):
        batch = await opened(page, document(0, b"x" * 100_000))
        [path] = [p for p in (tmp_path / "spool").rglob("*") if p.is_file()]
        mode = path.stat().st_mode & 0o777
        await page.call("batch.close", batch=batch)

        assert mode == 0o600
        assert not path.exists()


async def test_a_page_that_reads_nothing_holds_the_key_up(tmp_path: Path) -> None:
    card = Card()
    async with page_of(tmp_path, card, Approve()) as (_, page):
        page.credit_taken = False
        large = b"<x>" + b"y" * 400_000 + b"</x>"
        batch = await opened(page)
        for _ in range(2):
            some = [document(n, large) for n in range(25)]
            await page.call("batch.add", batch=batch, documents=some)
        await page.send("batch.sign", batch=batch)
        await eventually(lambda: card.signatures >= 12, "the first signatures")
        # What fits into the window, and what is under way.
        await _unchanging(lambda: card.signatures)

        assert card.signatures < 50


async def _unchanging(value: Callable[[], int]) -> None:
    """Until it has been the same for a while."""
    last = -1
    while value() != last:
        last = value()
        await asyncio.sleep(0.2)
