"""A connection from `hello` to its end, through the real server."""

import asyncio
import base64
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent.consent.prompts import Grant
from tests.support.edge import running
from tests.support.prompts import Allow, Approve, Choose, ScriptedUser, Wait
from tests.support.signing import ORIGIN
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


class TestHello:
    async def test_says_who_we_are_and_what_the_page_may(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            result = await page.hello()

        assert (result["protocol"], result["product"]) == (1, "OpenKySo")
        assert (result["rights"], result["origin"]) == ("site", ORIGIN)
        assert {"sign.xml", "site.request"} <= set(result["capabilities"])
        assert not {"ticket.issue", "journal.list"} & set(result["capabilities"])
        assert "profile:test" in result["capabilities"]
        assert not result.get("demo", False)

    async def test_needs_a_version_in_common(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            error = await page.refused("hello", versions=[2, 99], client="Test")

        assert error["code"] == "protocol_unsupported"

    async def test_comes_before_everything_else(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            error = await page.refused("tokens.list")

            assert error["code"] == "hello_required"
            assert (await page.hello())["protocol"] == 1


class TestAnUnknownSite:
    async def test_may_only_ask_and_then_has_the_rights_it_was_given(self, tmp_path: Path) -> None:
        user = ScriptedUser(Allow(Grant.ONCE))
        async with running(tmp_path, user=user, allowed=()) as agent, agent.page() as page:
            assert (await page.hello())["rights"] == "none"
            for method in ("tokens.list", "certificates.list", "certificates.select"):
                assert (await page.refused(method))["code"] == "not_allowed"
            granted = await page.call("site.request", reason="Ký hồ sơ")

            assert granted == {"granted": "once", "digests": False}
            assert user.asked[0].reason == "Ký hồ sơ"
            assert await page.call("tokens.list") == {"tokens": []}
            async with agent.page() as other:
                assert (await other.hello())["rights"] == "none"

    async def test_that_is_allowed_for_good_is_known_next_time(self, tmp_path: Path) -> None:
        user = ScriptedUser(Allow(Grant.ALWAYS))
        async with (
            running(tmp_path, user=user, allowed=()) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request")
            async with agent.page() as again:
                assert (await again.hello())["rights"] == "site"
            async with agent.page("https://other.app") as other:
                assert (await other.hello())["rights"] == "none"

    async def test_that_is_refused_again_and_again_is_not_shown_again(self, tmp_path: Path) -> None:
        user = ScriptedUser(*[Allow(Grant.REFUSED)] * 3)
        async with running(tmp_path, user=user, allowed=()) as agent, agent.page() as page:
            await page.hello()
            codes = [(await page.refused("site.request"))["code"] for _ in range(4)]

        assert codes == ["user_refused"] * 3 + ["rate_limited"]

    async def test_loses_its_rights_the_moment_it_is_forgotten(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            await page.call("tokens.list")
            agent.edge.sites.forget(ORIGIN)

            assert (await page.refused("tokens.list"))["code"] == "not_allowed"


class TestCertificates:
    async def test_are_listed_with_what_is_known_of_them(self, tmp_path: Path) -> None:
        card = Card()
        expired = Card(
            number=2, not_before=card.not_before.replace(year=2020), not_after=card.not_before
        )
        async with (
            running(tmp_path, tokens=MemoryTokens(card, expired)) as agent,
            agent.page() as page,
        ):
            await page.hello()
            [listed] = (await page.call("certificates.list"))["certificates"]
            both = await page.call("certificates.list", filter={"valid_now": False})

        assert listed["id"] == card.id
        assert base64.b64decode(listed["der"]) == card.der
        assert (listed["mst"], listed["state"]) == (["0312345678"], "valid")
        assert listed["token"]["label"] == "Token 1"
        assert [c["state"] for c in both["certificates"]] == ["valid", "expired"]

    async def test_the_page_learns_only_the_chosen_one(self, tmp_path: Path) -> None:
        first, second = Card(number=1), Card(number=2)
        user = ScriptedUser(Choose(second.id))
        async with (
            running(tmp_path, tokens=MemoryTokens(first, second), user=user) as agent,
            agent.page() as page,
        ):
            await page.hello()
            result = await page.call("certificates.select", reason="Thêm mới")

        assert result["certificate"]["id"] == second.id
        assert user.asked[0].reason == "Thêm mới"


class TestSigning:
    async def test_answers_with_the_document_and_progress_before_it(self, tmp_path: Path) -> None:
        card = Card()
        user = ScriptedUser(Approve())
        async with (
            running(tmp_path, tokens=MemoryTokens(card), user=user) as agent,
            agent.page() as page,
        ):
            await page.hello()
            result = await page.call("sign.xml", document=b"<a/>", name="a.xml", profile="test")

        assert base64.b64decode(result["document"]).startswith(b"<a/>|")
        assert result["certificate"]["id"] == card.id
        assert [params["stage"] for _, params in page.notified] == [
            "checking",
            "waiting-for-user",
            "signing",
            "verifying",
        ]
        assert {params["request"] for _, params in page.notified} == {2}

    async def test_an_error_names_who_must_act_in_both_languages(self, tmp_path: Path) -> None:
        card = Card(mst="0399999999")
        async with running(tmp_path, tokens=MemoryTokens(card)) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused(
                "sign.xml", document=b"<a/>", name="a.xml", profile="test", mst="0312345678"
            )

        assert (error["code"], error["group"]) == ("mst_mismatch", "user")
        assert "0399999999" in error["vi"]
        assert "0312345678" in error["vi"]
        assert "0399999999" in error["en"]

    async def test_an_unforeseen_failure_says_nothing_of_its_content(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken(MemoryTokens):
            def tokens(self):
                raise RuntimeError("secret content")

        async with running(tmp_path, tokens=Broken()) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("tokens.list")

        assert error["code"] == "internal_error"
        assert error["details"]["reference"] in caplog.text
        assert "secret content" not in caplog.text + str(error)
        assert "test_websocket.py" in caplog.text


class TestEnding:
    async def test_a_cancelled_request_is_answered_without_a_window(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Wait())
        async with (
            running(tmp_path, tokens=MemoryTokens(card), user=user) as agent,
            agent.page() as page,
        ):
            await page.hello()
            request = await page.send("sign.xml", document=b"<a/>", name="a.xml", profile="test")
            await eventually(lambda: user.open_windows, "the window")
            cancel = await page.send("cancel", request=request)

            error = await page.answer(request)
            assert error["error"]["data"]["code"] == "cancelled"
            assert user.open_windows == 0
            assert (await page.answer(cancel))["result"] == {"cancelled": True}
            assert await page.call("cancel", request=request) == {"cancelled": False}

    async def test_a_page_that_goes_away_takes_its_window_with_it(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Wait())
        tokens = MemoryTokens(card)
        async with running(tmp_path, tokens=tokens, user=user) as agent:
            async with agent.page() as page:
                await page.hello()
                await page.send("sign.xml", document=b"<a/>", name="a.xml", profile="test")
                await eventually(lambda: user.open_windows, "the window")
            journal = agent.edge.desk.journal
            [stored] = await eventually(lambda: journal.latest(limit=9), "the journal")

            assert stored.entry.outcome == "cancelled"
            assert user.open_windows == 0
            assert (card.open_sessions, tokens.listeners) == (0, 1)  # the server's own

    async def test_a_page_that_loses_its_connection_does_too(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Wait())
        async with (
            running(tmp_path, tokens=MemoryTokens(card), user=user) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.send("sign.xml", document=b"<a/>", name="a.xml", profile="test")
            await eventually(lambda: user.open_windows, "the window")
            transport = page.socket._response.connection.transport
            transport.abort()
            await eventually(lambda: user.open_windows == 0, "the window to close")

    async def test_an_agent_that_stops_closes_windows_and_connections(self, tmp_path: Path) -> None:
        card, user = Card(), ScriptedUser(Wait())
        async with asyncio.timeout(20), AsyncExitStack() as pages:
            async with running(tmp_path, tokens=MemoryTokens(card), user=user) as agent:
                page = await pages.enter_async_context(agent.page())
                await page.hello()
                await page.send("sign.xml", document=b"<a/>", name="a.xml", profile="test")
                await eventually(lambda: user.open_windows, "the window")
                closing = asyncio.create_task(page.closed())

            assert await closing == 1001
        assert user.open_windows == 0
        assert card.open_sessions == 0


class TestEvents:
    async def test_changes_of_the_tokens_are_told_to_who_asked(self, tmp_path: Path) -> None:
        card, tokens = Card(), MemoryTokens()
        async with running(tmp_path, tokens=tokens) as agent, agent.page() as page:
            await page.hello()
            assert (await page.call("events.subscribe", topics=["tokens"]))["tokens"] == []
            tokens.plug(card)
            [token] = (await page.notification("tokens.changed"))["tokens"]
            assert token["label"] == "Token 1"
            tokens.unplug(card)
            assert (await page.notification("tokens.changed"))["tokens"] == []

    async def test_asking_twice_tells_once(self, tmp_path: Path) -> None:
        tokens = MemoryTokens()
        async with running(tmp_path, tokens=tokens) as agent, agent.page() as page:
            await page.hello()
            for _ in range(2):
                await page.call("events.subscribe", topics=["tokens"])
            tokens.plug(Card())
            await page.notification("tokens.changed")
            await page.call("tokens.list")

        assert page.notified == []


class TestOurOwnPrograms:
    async def test_a_ticket_makes_a_page_first_party_once(self, tmp_path: Path) -> None:
        origin = "http://127.0.0.1:8443"
        async with running(tmp_path, allowed=()) as agent:
            async with agent.native() as native:
                ticket = (await native.call("ticket.issue", origin=origin))["ticket"]
            async with agent.page(origin) as page:
                assert (await page.hello(ticket=ticket))["rights"] == "first-party"
                assert await page.call("sites.list") == {"sites": []}
                assert await page.call("journal.list") == {"entries": []}
            async with agent.page(origin) as again:
                assert (await again.refused(
                    "hello", versions=[1], client="Test", ticket=ticket
                ))["code"] == "ticket_invalid"  # fmt: skip

    async def test_only_a_native_program_gets_tickets(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("ticket.issue", origin="http://127.0.0.1:1")

        assert error["code"] == "not_allowed"

    async def test_sites_are_listed_and_forgotten(self, tmp_path: Path) -> None:
        origin = "http://localhost:8443"
        async with running(tmp_path) as agent:
            ticket = agent.edge.tickets.issue(origin).value
            async with agent.page(origin) as page:
                await page.hello(ticket=ticket)
                [site] = (await page.call("sites.list"))["sites"]
                assert site["origin"] == ORIGIN
                assert await page.call("sites.forget", origin=ORIGIN) == {"forgotten": True}
                assert await page.call("sites.forget", origin=ORIGIN) == {"forgotten": False}
