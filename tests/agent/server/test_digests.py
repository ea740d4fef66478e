"""Sessions of digests over the wire: the right to them, their bounds, and every way they end."""

import asyncio
import hashlib
from base64 import b64decode, b64encode
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from agent.consent.prompts import DigestsQuestion, SiteQuestion
from agent.errors import TokenError
from agent.keys import Confirmation
from protocol.limits import MAX_DIGEST_SESSIONS, REQUEST_BURST
from tests.support.edge import Page, running
from tests.support.prompts import Allow, Approve, Refuse, ScriptedUser, Step, Wait
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import ORIGIN
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def wired(*numbers: int) -> list[str]:
    return [b64encode(digest(number)).decode() for number in numbers]


@asynccontextmanager
async def allowed(directory: Path, card: Card, *steps: Step, services=None):
    """A page with the right to digests."""
    tokens = MemoryTokens() if services else MemoryTokens(card)
    user = ScriptedUser(*steps)
    async with running(directory, tokens=tokens, services=services, user=user) as agent:
        agent.edge.sites.remember(ORIGIN, digests=True)
        async with agent.page() as page:
            await page.hello()
            yield agent, page


async def opened(page: Page, **more: object) -> dict[str, object]:
    return await page.call("digests.open", **{"count": 100, "seconds": 60, "hash": "sha256"} | more)


def verify(card: Card, signature: str, number: int) -> None:
    scheme = padding.PKCS1v15(), Prehashed(hashes.SHA256())
    card.key.public_key().verify(b64decode(signature), digest(number), *scheme)


def journal(agent) -> list[tuple[str, str, str]]:
    agent.edge.desk.journal.verify()
    lines = agent.edge.desk.journal.latest(limit=1000)
    return [(line.entry.name, line.entry.sha256, line.entry.outcome) for line in lines][::-1]


class TestTheRight:
    async def test_is_needed(self, tmp_path: Path) -> None:
        async with running(tmp_path, tokens=MemoryTokens(Card())) as agent, agent.page() as page:
            await page.hello()
            refused = await page.refused("digests.open", count=1, seconds=60, hash="sha256")

        assert refused["code"] == "digests_not_allowed"

    async def test_may_be_for_this_connection(self, tmp_path: Path) -> None:
        from agent.consent.prompts import Grant

        user = ScriptedUser(Allow(Grant.ONCE), Approve())
        async with (
            running(tmp_path, tokens=MemoryTokens(Card()), user=user) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)
            session = await opened(page)
            await page.call("digests.sign", session=session["session"], digests=wired(1))

        assert isinstance(user.asked[0], SiteQuestion)

    async def test_taken_back_ends_the_session(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (agent, page):
            session = (await opened(page))["session"]
            agent.edge.sites.forget(ORIGIN)
            agent.edge.sites.remember(ORIGIN)
            refused = await page.refused("digests.sign", session=session, digests=wired(1))
            await eventually(lambda: not card.open_sessions, "the key to be locked")

        assert refused["code"] == "digests_not_allowed"
        assert card.signatures == 0

    async def test_taken_back_frees_the_key_though_nothing_is_asked(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (agent, page):
            await opened(page)
            agent.edge.sites.forget(ORIGIN)
            await eventually(lambda: not card.open_sessions, "the key to be locked")


class TestASession:
    async def test_signs_after_one_question_and_one_pin(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (agent, page):
            session = await opened(page, reason="Bệnh án điện tử")
            first = await page.call(
                "digests.sign", session=session["session"], digests=wired(*range(10))
            )
            second = await page.call("digests.sign", session=session["session"], digests=wired(10))
            lines = journal(agent)

        for number, signature in enumerate([*first["signatures"], *second["signatures"]]):
            verify(card, signature, number)
        assert (first["left"], second["left"]) == (90, 89)
        assert (session["count"], session["algorithm"]) == (100, "rsa-pkcs1-sha256")
        assert session["certificate"]["id"] == card.id
        assert datetime.fromisoformat(session["expires_at"]).tzinfo is not None
        [question] = agent.user.asked
        assert isinstance(question, DigestsQuestion)
        assert (question.reason, question.count, question.seconds) == ("Bệnh án điện tử", 100, 60)
        assert agent.user.open_windows == 0
        assert card.pins_tried == ["12345678"]
        assert lines == [
            ("Bệnh án điện tử", digest(number).hex(), "signed") for number in range(11)
        ]

    async def test_signs_several_messages_at_once_each_in_order(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            session = (await opened(page))["session"]
            asked = {
                await page.send("digests.sign", session=session, digests=wired(n, n + 50)): n
                for n in range(8)
            }
            for _ in range(8):
                message = await page.receive()
                number = asked[message["id"]]
                for offset, signature in enumerate(message["result"]["signatures"]):
                    verify(card, signature, number + 50 * offset)

    async def test_may_send_as_many_messages_as_it_has_digests(self, tmp_path: Path) -> None:
        """Beyond what the rate of a connection allows."""
        async with allowed(tmp_path, Card(), Approve()) as (_, page):
            session = (await opened(page, count=REQUEST_BURST + 50))["session"]
            for number in range(REQUEST_BURST + 50):
                result = await page.call("digests.sign", session=session, digests=wired(number))

        assert result["left"] == 0


class TestASessionEnds:
    async def over(self, page: Page, session: str) -> str:
        return (await page.refused("digests.sign", session=session, digests=wired(1)))["code"]

    async def test_when_it_is_used_up(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            session = (await opened(page, count=2))["session"]
            too_many = await page.refused("digests.sign", session=session, digests=wired(1, 2, 3))
            await page.call("digests.sign", session=session, digests=wired(1, 2))
            await eventually(lambda: not card.open_sessions, "the key to be locked")

            assert await self.over(page, session) == "digest_session_over"
        assert too_many["code"] == "digest_session_over"

    async def test_when_its_time_is_up(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("agent.signing.digests.timedelta", _soon)
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            session = (await opened(page, seconds=10))["session"]
            await eventually(lambda: not card.open_sessions, "the key to be locked")

            assert await self.over(page, session) == "digest_session_over"

    async def test_when_it_is_closed(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            session = (await opened(page))["session"]
            closed = await page.call("digests.close", session=session)
            assert (card.open_sessions, card.logged_in) == (0, 0)
            again = await page.call("digests.close", session=session)

            assert await self.over(page, session) == "digest_session_over"
        assert (closed, again) == ({"closed": True}, {"closed": False})

    async def test_when_the_token_fails(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (agent, page):
            session = (await opened(page))["session"]
            card.fails_with = TokenError("token_failed")
            failed = await page.refused("digests.sign", session=session, digests=wired(1, 2))
            await eventually(lambda: not card.open_sessions, "the key to be locked")
            lines = journal(agent)

            assert await self.over(page, session) == "digest_session_over"
        assert failed["code"] == "token_failed"
        assert [outcome for _, _, outcome in lines] == ["token_failed"] * 2

    async def test_when_the_token_is_pulled(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (agent, page):
            session = (await opened(page))["session"]
            agent.tokens.unplug(card)
            await eventually(lambda: not card.open_sessions, "the key to be locked")

            assert await self.over(page, session) == "digest_session_over"

    async def test_with_its_connection(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            await opened(page)
            await page.socket.close()
            await eventually(lambda: not card.open_sessions, "the key to be locked")

    async def test_for_nobody_else(self, tmp_path: Path) -> None:
        async with allowed(tmp_path, Card(), Approve()) as (agent, page):
            session = (await opened(page))["session"]
            async with agent.page() as other:
                await other.hello()
                assert await self.over(other, session) == "digest_session_over"
            await page.call("digests.sign", session=session, digests=wired(1))


def _soon(seconds: int):
    from datetime import timedelta

    return timedelta(seconds=seconds / 100)


class TestWhileASessionIsOpen:
    async def test_others_are_told_that_the_token_is_in_use(self, tmp_path: Path) -> None:
        first, second = Card(number=1), Card(number=2)
        user = ScriptedUser(Approve(), Approve())
        async with running(tmp_path, tokens=MemoryTokens(first, second), user=user) as agent:
            agent.edge.sites.remember(ORIGIN, digests=True)
            async with agent.page() as page, agent.page() as other:
                await page.hello()
                await other.hello()
                await opened(page, certificate=first.id)
                document = b"<Hoso/>"
                refused = await other.refused(
                    "sign.xml", document=document, name="x", profile="test", certificate=first.id
                )
                signed = await other.call(
                    "sign.xml", document=document, name="x", profile="test", certificate=second.id
                )

        assert refused["code"] == "token_in_use"
        assert signed["certificate"]["id"] == second.id

    async def test_no_more_than_a_few_may_be(self, tmp_path: Path) -> None:
        cards = [Card(number=number) for number in range(1, MAX_DIGEST_SESSIONS + 2)]
        user = ScriptedUser(*[Approve()] * MAX_DIGEST_SESSIONS)
        async with running(tmp_path, tokens=MemoryTokens(*cards), user=user) as agent:
            agent.edge.sites.remember(ORIGIN, digests=True)
            async with agent.page() as page:
                await page.hello()
                for card in cards[:-1]:
                    await opened(page, certificate=card.id)
                refused = await page.refused(
                    "digests.open", count=1, seconds=60, hash="sha256", certificate=cards[-1].id
                )

        assert refused["code"] == "too_many_sessions"


class TestNoSession:
    async def test_is_opened_when_the_user_refuses(self, tmp_path: Path) -> None:
        card = Card()
        async with allowed(tmp_path, card, Refuse()) as (agent, page):
            refused = await page.refused("digests.open", count=5, seconds=60, hash="sha256")
            lines = journal(agent)

        assert refused["code"] == "user_refused"
        assert [outcome for _, _, outcome in lines] == ["user_refused"]
        assert card.open_sessions == 0

    async def test_is_opened_when_the_request_is_cancelled(self, tmp_path: Path) -> None:
        card, wait = Card(), Wait()
        async with allowed(tmp_path, card, wait, Approve()) as (agent, page):
            request = await page.send("digests.open", count=5, seconds=60, hash="sha256")
            await eventually(lambda: agent.user.listening, "the window")
            cancel = await page.send("cancel", request=request)
            refused = await page.answer(request)
            await page.answer(cancel)

            assert (agent.user.open_windows, card.open_sessions) == (0, 0)
        assert refused["error"]["data"]["code"] == "cancelled"

    async def test_is_opened_with_a_key_that_wants_its_pin_each_time(self, tmp_path: Path) -> None:
        async with allowed(tmp_path, Card(always_authenticate=True)) as (agent, page):
            refused = await page.refused("digests.open", count=5, seconds=60, hash="sha256")

        assert refused["code"] == "pin_each_time"
        assert agent.user.asked == []

    async def test_is_opened_at_a_service_that_asks_its_user_each_time(
        self, tmp_path: Path
    ) -> None:
        key = RemoteKey(confirmation=Confirmation(phone=True))
        async with allowed(tmp_path, key, services=MemoryServices(key)) as (agent, page):
            refused = await page.refused("digests.open", count=5, seconds=60, hash="sha256")

        assert refused["code"] == "service_batch"
        assert agent.user.asked == []

    @pytest.mark.parametrize("length", [31, 33, 48, 64])
    async def test_signs_what_is_no_such_digest(self, tmp_path: Path, length: int) -> None:
        card = Card()
        async with allowed(tmp_path, card, Approve()) as (_, page):
            session = (await opened(page))["session"]
            wrong = [b64encode(bytes(length)).decode()]
            refused = await page.refused("digests.sign", session=session, digests=wrong)

        assert refused["code"] == "invalid_params"
        assert card.signatures == 0


async def test_a_wrong_pin_goes_back_to_the_user(tmp_path: Path) -> None:
    card = Card()
    async with allowed(tmp_path, card, Approve("00000000"), Approve()) as (_, page):
        session = (await opened(page))["session"]
        result = await page.call("digests.sign", session=session, digests=wired(1))

    verify(card, result["signatures"][0], 1)
    assert card.pins_tried == ["00000000", "12345678"]


async def test_a_request_that_is_cancelled_leaves_the_session_open(tmp_path: Path) -> None:
    card = Card()
    async with allowed(tmp_path, card, Approve()) as (_, page):
        session = (await opened(page))["session"]
        card.may_answer.clear()
        request = await page.send("digests.sign", session=session, digests=wired(1))
        await asyncio.sleep(0)
        cancel = await page.send("cancel", request=request)
        refused = await page.answer(request)
        await page.answer(cancel)
        card.may_answer.set()
        result = await page.call("digests.sign", session=session, digests=wired(2))

    assert refused["error"]["data"]["code"] == "cancelled"
    verify(card, result["signatures"][0], 2)
