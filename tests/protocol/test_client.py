"""The Python client against the real session over a real WebSocket."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from protocol.client import Agent, AgentNotFound, Disconnected, connect, native_token
from protocol.codec import encode
from protocol.errors import ProtocolError
from protocol.messages import (
    AccountsLookParams,
    CertificateFilter,
    CertificatesListParams,
    CertificatesSelectParams,
    ErrorReply,
    FilledField,
    JournalListParams,
    LoginParams,
    Rights,
    Service,
    SignXmlParams,
    SiteRequestParams,
    Stage,
    login_message,
)
from tests.support.protocol_agent import (
    ACCOUNT,
    ALLOWED_ORIGIN,
    CERTIFICATE,
    NATIVE_TOKEN,
    PASSWORD,
    PROVIDER,
    TICKET,
    TOKEN,
    Serving,
    serving,
)
from tests.support.waiting import eventually


@pytest.fixture
async def agent():
    async with serving() as running:
        yield running


@pytest.fixture
async def native(agent: Serving):
    async with connect(agent.url, client="Test", token=NATIVE_TOKEN) as connected:
        yield connected


class TestConnecting:
    async def test_greets_with_the_users_token(self, native: Agent):
        assert native.greeting.rights is Rights.SITE
        assert native.greeting.protocol == 1

    async def test_needs_only_the_runtime_file(self, agent: Serving, tmp_path: Path):
        runtime = tmp_path / "agent.json"
        record = {"port": agent.port, "pid": 1, "native_token": NATIVE_TOKEN, "more": True}
        runtime.write_text(json.dumps(record))

        async with connect(client="Test", runtime=runtime) as connected:
            assert (await connected.tokens()).tokens == (TOKEN,)
        assert native_token(runtime) == NATIVE_TOKEN

    async def test_without_a_runtime_file_there_is_no_agent(self, tmp_path: Path):
        with pytest.raises(AgentNotFound, match="kyso-agent run"):
            async with connect(client="Test", runtime=tmp_path / "agent.json"):
                pass

    async def test_without_a_listener_there_is_no_agent(self, unused_tcp_port: int):
        with pytest.raises(AgentNotFound):
            async with connect(f"ws://127.0.0.1:{unused_tcp_port}/v1", client="Test"):
                pass

    async def test_to_something_else_is_not_a_connection(self, agent: Serving):
        with pytest.raises(Disconnected):
            async with connect(agent.url + "/other", client="Test"):
                pass

    async def test_with_a_wrong_token_is_refused(self, agent: Serving):
        with pytest.raises(ProtocolError, match="native_token_invalid"):
            async with connect(agent.url, client="Test", token="wrong"):
                pass

    async def test_with_a_ticket_gives_first_party_rights(self, agent: Serving):
        async with connect(agent.url, client="T", ticket=TICKET, origin=ALLOWED_ORIGIN) as page:
            assert page.greeting.rights is Rights.FIRST_PARTY
            assert (await page.sites()).sites[0].origin == ALLOWED_ORIGIN
            assert (await page.forget_site(ALLOWED_ORIGIN)).forgotten
            assert not (await page.forget_site("https://other.test")).forgotten
            assert (await page.journal(JournalListParams(limit=7))).entries[0].number == 7

    async def test_tells_why_the_agent_hung_up_on_hello(self):
        full = ErrorReply(id=None, error=ProtocolError("too_many_connections").to_wire())

        async def hang_up(socket):
            await socket.send(encode(full))

        async with serve(hang_up, "127.0.0.1", 0, subprotocols=["openkyso.v1"]) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ProtocolError, match="too_many_connections"):
                async with connect(f"ws://127.0.0.1:{port}/v1", client="Test"):
                    pass


@pytest.fixture
async def window(agent: Serving):
    async with connect(agent.url, client="T", ticket=TICKET, origin=ALLOWED_ORIGIN) as connected:
        yield connected


class TestAccounts:
    ORDER = AccountsLookParams(host="api.cyberhsm.vn", account="ketoan", password=PASSWORD)

    async def test_are_looked_up_kept_and_forgotten(self, window: Agent):
        steps = []
        assert (await window.forget_account(ACCOUNT.id)).forgotten
        assert (await window.accounts()).accounts == ()

        found = await window.look_account(self.ORDER, steps.append)
        assert [step.stage for step in steps] == [Stage.WAITING_FOR_SERVICE]
        assert found.certificates[0].service == Service(
            provider="cyberhsm", provider_name="CyberHSM", host="api.cyberhsm.vn"
        )
        assert (await window.keep_account(found.look)).account == ACCOUNT

        assert (await window.accounts()).accounts == (ACCOUNT,)
        assert not (await window.forget_account("00" * 16)).forgotten

    async def test_are_refreshed_one_or_all(self, window: Agent):
        assert (await window.refresh_accounts()).accounts == (ACCOUNT,)
        assert (await window.refresh_accounts(ACCOUNT.id)).accounts == (ACCOUNT,)
        with pytest.raises(ProtocolError, match="account_unknown"):
            await window.refresh_accounts("00" * 16)

    async def test_have_providers(self, window: Agent):
        assert (await window.providers()).providers == (PROVIDER,)

    async def test_are_not_for_programs(self, native: Agent):
        for asking in (
            native.accounts(),
            native.providers(),
            native.look_account(self.ORDER),
            native.refresh_accounts(),
        ):
            with pytest.raises(ProtocolError, match="not_allowed"):
                await asking
        with pytest.raises(ProtocolError, match="not_allowed"):
            async with native.watch_accounts():
                pass

    async def test_are_watched(self, agent: Serving, window: Agent):
        async with window.watch_accounts() as changes, window.watch_tokens() as tokens:
            assert (await anext(changes)).accounts == (ACCOUNT,)
            assert (await anext(tokens)).tokens == (TOKEN,)
            await agent.world.keep()
            await agent.world.plug()

            assert (await anext(changes)).accounts == ()
            assert (await anext(tokens)).tokens == ()

    async def test_a_password_is_in_no_representation(self):
        params = AccountsLookParams(
            host="h",
            account="a",
            password="hush",
            fields=(FilledField(name="client_secret", value="whisper"),),
        )

        for shown in (repr(params), str(params), repr(params.fields), f"{params.fields[0]}"):
            assert "hush" not in shown
            assert "whisper" not in shown


class TestAsking:
    async def test_lists(self, native: Agent):
        wrong = CertificateFilter(mst="0101243150")

        assert (await native.tokens()).tokens == (TOKEN,)
        assert (await native.certificates()).certificates == (CERTIFICATE,)
        listed = await native.certificates(CertificatesListParams(filter=wrong))
        assert listed.certificates == ()

    async def test_selects(self, native: Agent):
        assert (await native.select()).certificate == CERTIFICATE
        wrong = CertificateFilter(mst="0101243150")
        with pytest.raises(ProtocolError) as raised:
            await native.select(CertificatesSelectParams(filter=wrong))
        assert (raised.value.code, raised.value.group) == ("no_certificate", "user")

    async def test_signs_and_says_where_it_stands(self, native: Agent):
        steps = []

        signed = await native.sign_xml(
            SignXmlParams(document=b"<a/>", name="Hồ sơ", profile="bhxh-hoso"), steps.append
        )

        assert signed.document == b"<a/><!-- signed -->"
        assert [step.stage for step in steps] == [Stage.WAITING_FOR_USER, Stage.SIGNING]

    async def test_signs_the_largest_document(self, native: Agent):
        document = b"<a>" + b"x" * (10 * 1024 * 1024 - 7) + b"</a>"

        signed = await native.sign_xml(
            SignXmlParams(document=document, name="x", profile="bhxh-hoso")
        )

        assert signed.document.startswith(document)

    async def test_says_which_numbers_differ(self, native: Agent):
        with pytest.raises(ProtocolError) as raised:
            await native.sign_xml(
                SignXmlParams(document=b"", name="x", profile="bhxh-hoso", mst="0101243150")
            )

        assert raised.value.details == {"found": "0100109106", "expected": "0101243150"}
        assert "0100109106" in raised.value.text("vi")

    async def test_logs_in_to_its_origin(self, agent: Serving):
        nonce = bytes(range(16))
        async with connect(agent.url, client="T", origin=ALLOWED_ORIGIN) as page:
            proof = await page.login(LoginParams(nonce=nonce))

        assert proof.signature == login_message(origin=ALLOWED_ORIGIN, nonce=nonce)

    async def test_asks_for_permission(self, agent: Serving):
        async with connect(agent.url, client="T", origin="https://new.test") as page:
            with pytest.raises(ProtocolError, match="not_allowed"):
                await page.tokens()
            with pytest.raises(ProtocolError, match="user_refused"):
                await page.request_site(SiteRequestParams(reason="refuse"))
            assert (await page.request_site()).granted == "once"
            assert (await page.tokens()).tokens == (TOKEN,)

    async def test_issues_tickets(self, native: Agent):
        issued = await native.issue_ticket("http://127.0.0.1:8443")

        assert issued.ticket == "ticket for http://127.0.0.1:8443"

    async def test_many_things_at_once_are_not_confused(self, native: Agent):
        answers = await asyncio.gather(
            native.tokens(),
            native.certificates(),
            native.login(LoginParams(nonce=bytes(16))),
            native.tokens(),
        )

        assert [type(answer).__name__ for answer in answers] == [
            "TokensListResult",
            "CertificatesListResult",
            "LoginResult",
            "TokensListResult",
        ]


class TestCancelling:
    async def test_the_task_cancels_the_request(self, agent: Serving, native: Agent):
        asking = asyncio.create_task(native.select(CertificatesSelectParams(reason="wait")))
        await eventually(lambda: "certificates.select" in agent.world.asked, "the request")

        asking.cancel()

        with pytest.raises(asyncio.CancelledError):
            await asking
        await eventually(lambda: agent.world.aborted == ["certificates.select"], "the abort")
        assert (await native.tokens()).tokens == (TOKEN,)

    async def test_a_timeout_does_too(self, agent: Serving, native: Agent):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await native.select(CertificatesSelectParams(reason="wait"))

        await eventually(lambda: agent.world.aborted == ["certificates.select"], "the abort")


class TestWatching:
    async def test_tells_the_tokens_now_and_after_every_change(self, agent: Serving, native: Agent):
        async with native.watch_tokens() as changes:
            assert (await anext(changes)).tokens == (TOKEN,)
            await agent.world.plug()
            assert (await anext(changes)).tokens == ()
            await agent.world.plug(TOKEN)
            assert (await anext(changes)).tokens == (TOKEN,)

    async def test_ends_with_the_connection(self, agent: Serving, native: Agent):
        async with native.watch_tokens() as changes:
            await anext(changes)
            await agent.world.drop()
            assert [change async for change in changes] == []

    async def test_several_watch_beside_each_other(self, agent: Serving, native: Agent):
        async with AsyncExitStack() as stack:
            watches = [await stack.enter_async_context(native.watch_tokens()) for _ in range(3)]
            for changes in watches:
                assert (await anext(changes)).tokens == (TOKEN,)
            await agent.world.plug()
            for changes in watches:
                assert (await anext(changes)).tokens == ()


class TestTheEnd:
    async def test_fails_what_is_unanswered(self, agent: Serving, native: Agent):
        asking = asyncio.create_task(native.select(CertificatesSelectParams(reason="wait")))
        await eventually(lambda: "certificates.select" in agent.world.asked, "the request")

        await agent.world.drop()

        with pytest.raises(Disconnected):
            await asking
        with pytest.raises(Disconnected):
            await native.tokens()

    async def test_tells_what_the_agent_complained_about(self, agent: Serving, native: Agent):
        full = ErrorReply(id=None, error=ProtocolError("rate_limited").to_wire())
        asking = asyncio.create_task(native.select(CertificatesSelectParams(reason="wait")))
        await eventually(lambda: "certificates.select" in agent.world.asked, "the request")

        await agent.world.drop(encode(full))

        with pytest.raises(ProtocolError, match="rate_limited"):
            await asking

    async def test_comes_at_once_when_the_agent_talks_rubbish(self, agent: Serving, native: Agent):
        asking = asyncio.create_task(native.select(CertificatesSelectParams(reason="wait")))
        await eventually(lambda: "certificates.select" in agent.world.asked, "the request")

        await agent.world.drop("rubbish")

        with pytest.raises(Disconnected, match="no message"):
            await asking

    async def test_does_not_change_the_callers_own_exceptions(self, agent: Serving):
        with pytest.raises(KeyError):
            async with connect(agent.url, client="Test", token=NATIVE_TOKEN):
                raise KeyError
