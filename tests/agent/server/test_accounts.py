"""Accounts at signing services over the wire: who may, what comes back, and what never does."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ServiceError, UserError
from protocol.limits import MAX_LOOKS_PER_MINUTE
from protocol.messages import Rights
from protocol.methods import METHODS
from tests.support.edge import Page, Running, running
from tests.support.examples import example_params
from tests.support.services import CYBERHSM, MYSIGN, PASSWORD, MemoryServices, RemoteKey
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually

OURS = [name for name, method in METHODS.items() if method.rights is Rights.FIRST_PARTY]
HOST = "api.cyberhsm.vn"
ORDER: dict[str, Any] = {"host": HOST, "account": "ketoan", "password": PASSWORD}


def with_one(*keys: RemoteKey) -> MemoryServices:
    """Services that hold something for an account that is not kept yet."""
    services = MemoryServices()
    services.holds(*(keys or (RemoteKey(),)))
    return services


class TestRights:
    @pytest.mark.parametrize("method", OURS)
    async def test_a_site_that_the_user_allowed_is_not_our_window(
        self, tmp_path: Path, method: str
    ) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.page() as page:
            assert (await page.hello())["rights"] == "site"
            error = await page.refused(method, **example_params(method))

        assert (error["code"], error["details"]) == ("not_allowed", {"needs": "first-party"})
        assert agent.services.orders == []

    @pytest.mark.parametrize("method", OURS)
    async def test_nor_is_a_program(self, tmp_path: Path, method: str) -> None:
        async with running(tmp_path) as agent, agent.native() as program:
            error = await program.refused(method, **example_params(method))

        assert error["code"] == "not_allowed"

    async def test_only_our_window_is_told_that_there_are_such_methods(
        self, tmp_path: Path
    ) -> None:
        origin = "http://127.0.0.1:8443"
        async with running(tmp_path) as agent, agent.page() as site, agent.page(origin) as ours:
            told = await site.hello()
            ticket = agent.edge.tickets.issue(origin).value
            told_us = await ours.hello(ticket=ticket)

        assert not set(OURS) & set(told["capabilities"])
        assert set(OURS) <= set(told_us["capabilities"])

    async def test_a_site_cannot_follow_the_accounts(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("events.subscribe", topics=["tokens", "accounts"])

            assert (error["code"], error["details"]) == ("not_allowed", {"needs": "first-party"})
            agent.services.add(RemoteKey())
            assert await page.call("tokens.list") == {"tokens": []}
            assert page.notified == []


class TestLooking:
    async def test_shows_the_certificates_and_keeps_nothing(self, tmp_path: Path) -> None:
        key = RemoteKey()
        async with (
            running(tmp_path, services=with_one(key)) as agent,
            agent.own_window() as page,
        ):
            found = await page.call("accounts.look", **ORDER)

            assert (found["provider"], found["host"]) == ("cyberhsm", HOST)
            [certificate] = found["certificates"]
            assert (certificate["id"], certificate["token"]) == (key.id, None)
            assert certificate["service"] == {
                "provider": "cyberhsm",
                "provider_name": "CyberHSM",
                "host": HOST,
            }
            assert certificate["state"] == "valid"
            assert await page.call("accounts.list") == {"accounts": []}
            assert (await page.call("certificates.list"))["certificates"] == []
            stages = [step["stage"] for method, step in page.notified if method == "progress"]
            assert stages == ["waiting-for-service", "checking"]

    async def test_is_kept_when_the_user_confirms(self, tmp_path: Path) -> None:
        key = RemoteKey()
        async with (
            running(tmp_path, services=with_one(key)) as agent,
            agent.own_window() as page,
        ):
            look = (await page.call("accounts.look", **ORDER))["look"]
            account = (await page.call("accounts.keep", look=look))["account"]

            assert account["name"] == "ketoan"
            assert account["certificates"] == [key.id]
            assert await page.call("accounts.list") == {"accounts": [account]}
            assert agent.services.passwords[key.account_id].reveal() == PASSWORD
            again = await page.refused("accounts.keep", look=look)
            assert again["code"] == "account_unknown"

    async def test_is_forgotten_with_the_connection(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent:
            async with agent.own_window() as page:
                look = (await page.call("accounts.look", **ORDER))["look"]
                async with agent.own_window() as other:
                    error = await other.refused("accounts.keep", look=look)
                    assert error["code"] == "account_unknown"
            async with agent.own_window() as page:
                error = await page.refused("accounts.keep", look=look)
                assert error["code"] == "account_unknown"

        assert agent.services.accounts() == ()

    async def test_remembers_the_newest_four(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            looks = [(await page.call("accounts.look", **ORDER))["look"] for _ in range(5)]

            assert (await page.refused("accounts.keep", look=looks[0]))["code"] == "account_unknown"
            for look in looks[1:]:
                await page.call("accounts.keep", look=look)

    async def test_what_could_not_be_kept_can_be_kept_later(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            look = (await page.call("accounts.look", **ORDER))["look"]
            agent.services.fails_with = UserError("secrets_unavailable")
            error = await page.refused("accounts.keep", look=look)
            assert (error["code"], error["retriable"]) == ("secrets_unavailable", True)

            assert (await page.call("accounts.keep", look=look))["account"]["name"] == "ketoan"

    @pytest.mark.parametrize(
        ("change", "failure", "code"),
        [
            ({"password": "wrong"}, None, "account_refused"),
            ({"host": "nowhere.test"}, None, "service_unknown"),
            ({}, ServiceError("service_tls", host=HOST), "service_tls"),
            ({}, ServiceError("service_redirected", host=HOST), "service_redirected"),
            ({}, UserError("service_not_recognised", host=HOST), "service_not_recognised"),
            ({}, UserError("account_expired"), "account_expired"),
        ],
    )
    async def test_what_goes_wrong_has_its_own_words(
        self, tmp_path: Path, change: dict[str, str], failure: Exception | None, code: str
    ) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            agent.services.fails_with = failure
            error = await page.refused("accounts.look", **(ORDER | change))

        assert error["code"] == code
        assert "…" not in error["vi"] + error["en"], "a placeholder is empty"

    @pytest.mark.parametrize(
        ("change", "at"),
        [
            ({"provider": "moon"}, "$.params.provider"),
            ({"provider": "mysign"}, "$.params.fields"),
            (
                {"provider": "mysign", "fields": [{"name": "client_secret", "value": ""}]},
                "$.params.fields",
            ),
            (
                {"provider": "cyberhsm", "fields": [{"name": "moon", "value": "x"}]},
                "$.params.fields",
            ),
            (
                {"fields": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
                "$.params.fields",
            ),
        ],
    )
    async def test_a_provider_that_there_is_not_and_fields_that_it_has_not_are_refused(
        self, tmp_path: Path, change: dict[str, Any], at: str
    ) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            error = await page.refused("accounts.look", **(ORDER | change))

        assert (error["code"], error["details"]) == ("invalid_params", {"at": at})
        assert agent.services.orders == []

    async def test_the_providers_own_fields_reach_the_service(self, tmp_path: Path) -> None:
        key = RemoteKey(provider=MYSIGN)
        async with (
            running(tmp_path, services=with_one(key)) as agent,
            agent.own_window() as page,
        ):
            fields = [{"name": "client_secret", "value": "hush"}]
            await page.call("accounts.look", **ORDER, provider="mysign", fields=fields)

        [order] = agent.services.orders
        assert (order.provider, order.fields) == ("mysign", {"client_secret": "hush"})

    async def test_one_at_a_time_on_a_connection(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            agent.services.may_answer.clear()
            first = await page.send("accounts.look", **ORDER)
            await eventually(lambda: agent.services.orders, "the service to be asked")
            assert (await page.refused("accounts.look", **ORDER))["code"] == "too_many_pending"
            agent.services.may_answer.set()

            assert "result" in await page.answer(first)

    async def test_can_be_cancelled_and_then_asked_again(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            agent.services.may_answer.clear()
            first = await page.send("accounts.look", **ORDER)
            await eventually(lambda: agent.services.orders, "the service to be asked")
            stop = await page.send("cancel", request=first)
            assert (await page.answer(first))["error"]["data"]["code"] == "cancelled"
            await page.answer(stop)
            agent.services.may_answer.set()

            assert (await page.call("accounts.look", **ORDER))["host"] == HOST

    async def test_passwords_cannot_be_tried_out_all_day(self, tmp_path: Path) -> None:
        async with running(tmp_path, services=with_one()) as agent, agent.own_window() as page:
            for number in range(MAX_LOOKS_PER_MINUTE):
                wrong = ORDER | {"password": f"guess {number}"}
                assert (await page.refused("accounts.look", **wrong))["code"] == "account_refused"
            async with agent.own_window() as other:
                error = await other.refused("accounts.look", **ORDER)

        assert (error["code"], error["group"], error["retriable"]) == (
            "too_many_looks",
            "user",
            True,
        )
        assert len(agent.services.orders) == MAX_LOOKS_PER_MINUTE


class TestKeptAccounts:
    async def test_are_listed_refreshed_and_forgotten(self, tmp_path: Path) -> None:
        key, new = RemoteKey(), RemoteKey(number=12)
        services = MemoryServices(key)
        async with running(tmp_path, services=services) as agent, agent.own_window() as page:
            [account] = (await page.call("accounts.list"))["accounts"]
            assert account["id"] == key.account_id
            services.unseen.append(new)

            [account] = (await page.call("accounts.refresh", account=key.account_id))["accounts"]
            assert account["certificates"] == [key.id, new.id]
            await page.call("accounts.refresh")
            assert services.refreshed == [key.account_id, None]

            gone = await page.call("accounts.forget", account=key.account_id)
            assert gone == {"forgotten": True}
            assert await page.call("accounts.list") == {"accounts": []}
            gone = await page.call("accounts.forget", account=key.account_id)
            assert gone == {"forgotten": False}
            error = await page.refused("accounts.refresh", account=key.account_id)
            assert error["code"] == "account_unknown"

    async def test_tell_with_what_problem_they_were_last_asked(self, tmp_path: Path) -> None:
        services = MemoryServices(key := RemoteKey())
        services.trouble(key.account_id, "service_unreachable")
        async with running(tmp_path, services=services) as agent, agent.own_window() as page:
            [account] = (await page.call("accounts.list"))["accounts"]

        assert account["problem"] == "service_unreachable"

    async def test_the_providers_come_in_both_languages(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.own_window() as page:
            providers = (await page.call("providers.list"))["providers"]

        assert [provider["id"] for provider in providers] == [CYBERHSM.id, MYSIGN.id]
        assert providers[1]["fields"] == [
            {
                "name": "client_secret",
                "label": {"vi": "Khóa", "en": "Key"},
                "required": True,
                "secret": True,
            }
        ]


class TestChanges:
    async def test_are_told_to_our_window(self, tmp_path: Path) -> None:
        key, other = RemoteKey(), RemoteKey(number=12, account="giamdoc")
        services = MemoryServices(key)
        async with running(tmp_path, services=services) as agent, agent.own_window() as page:
            now = await page.call("events.subscribe", topics=["accounts"])
            assert [account["name"] for account in now["accounts"]] == ["ketoan"]
            await eventually(lambda: services.listeners, "the watch to begin")

            services.add(other)
            changed = await page.notification("accounts.changed")
            assert [account["name"] for account in changed["accounts"]] == ["ketoan", "giamdoc"]
            services.trouble(key.account_id, "account_refused")
            changed = await page.notification("accounts.changed")
            assert changed["accounts"][0]["problem"] == "account_refused"

    async def test_of_accounts_are_not_told_to_who_follows_the_tokens(self, tmp_path: Path) -> None:
        services, tokens = MemoryServices(), MemoryTokens()
        async with (
            running(tmp_path, services=services, tokens=tokens) as agent,
            agent.own_window() as page,
        ):
            now = await page.call("events.subscribe", topics=["tokens"])
            assert now["accounts"] == []
            await eventually(lambda: services.listeners and tokens.listeners, "the watch")
            services.add(RemoteKey())
            tokens.plug(Card())

            assert len((await page.notification("tokens.changed"))["tokens"]) == 1

    async def test_can_be_followed_beside_each_other_and_are_told_once(
        self, tmp_path: Path
    ) -> None:
        services, tokens = MemoryServices(), MemoryTokens()
        async with (
            running(tmp_path, services=services, tokens=tokens) as agent,
            agent.own_window() as page,
        ):
            await page.call("events.subscribe", topics=["accounts", "accounts"])
            await page.call("events.subscribe", topics=["tokens", "accounts"])
            await eventually(lambda: services.listeners and tokens.listeners, "the watch")
            services.add(RemoteKey())
            await page.notification("accounts.changed")
            tokens.plug(Card())

            await page.notification("tokens.changed")
            assert len((await page.call("accounts.list"))["accounts"]) == 1
            assert page.notified == []


SECRETS = ("hsm-password-1", "typed by mistake", "field secret")


async def everything_asked(agent: Running, page: Page) -> list[Any]:
    """Every reply of a window that asks in all the ways in which a password can be refused."""
    fields = [{"name": "client_secret", "value": "field secret"}]
    wrong = ORDER | {"password": "typed by mistake"}
    replies = [
        await page.refused("accounts.look", **wrong),
        await page.refused("accounts.look", **wrong, provider="moon"),
        await page.refused("accounts.look", **wrong, fields=[*fields, *fields]),
        await page.refused("accounts.look", **wrong, more=1),
        await page.refused("accounts.look", **(ORDER | {"password": PASSWORD * 100})),
        await page.refused("accounts.look", **(ORDER | {"password": [PASSWORD]})),
        await page.refused("accounts.look", **(ORDER | {"host": ""})),
    ]
    agent.services.fails_with = ServiceError("service_malformed", host=HOST)
    replies.append(await page.refused("accounts.look", **ORDER, fields=fields))
    agent.services.fails_with = RuntimeError(f"a bug that quotes {PASSWORD}")
    replies.append(await page.refused("accounts.look", **ORDER))
    found = await page.call("accounts.look", **ORDER)
    replies += [found, await page.call("accounts.keep", look=found["look"])]
    return [*replies, await page.call("accounts.list"), page.notified]


async def test_a_password_is_in_no_answer_no_log_and_no_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        running(tmp_path, services=with_one(RemoteKey())) as agent,
        agent.own_window() as page,
    ):
        said = json.dumps(await everything_asked(agent, page))

    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in SECRETS:
        assert secret not in said
        assert secret not in caplog.text
        assert secret not in repr(agent.services.orders)
        assert secret.encode() not in written
