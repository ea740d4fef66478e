import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.app.renewals import tell_of_renewals
from agent.hsm.api import Account
from agent.hsm.nothing import NoServices
from agent.keys import AccountId, Confirmation, ServiceCertificate, ServiceInfo
from tests.support.prompts import ScriptedUser
from tests.support.signing import desk_with
from tests.support.tokens import NOW, Card, MemoryTokens

OLD = Card(number=1)
RENEWED = Card(number=2, not_after=NOW + timedelta(days=1000))
SHORT = Card(number=3, not_after=NOW + timedelta(days=500))
EXPIRED = Card(number=4, not_after=NOW - timedelta(days=1), not_before=NOW - timedelta(days=9))


class Services(NoServices):
    """What each account holds; `becomes` changes it."""

    def __init__(self, **held):
        self.held = held
        self.told = asyncio.Queue()

    async def becomes(self, **held):
        self.held = held
        self.told.put_nowait(None)
        async with asyncio.timeout(10):
            await self.told.join()

    def accounts(self):
        return tuple(
            Account(
                id=AccountId(name),
                provider="csc",
                provider_name="CSC",
                host="kyso.vn",
                name=name,
                certificates=tuple(card.id for card in cards),
            )
            for name, cards in self.held.items()
        )

    def certificates(self):
        return tuple(
            ServiceCertificate(
                id=card.id,
                der=card.der,
                service=ServiceInfo(
                    account=AccountId(name),
                    provider="csc",
                    provider_name="CSC",
                    host="kyso.vn",
                    name=name,
                ),
                credential=card.id,
                confirmation=Confirmation(),
                key_type=card.key_type,
                key_bits=2048,
            )
            for name, cards in self.held.items()
            for card in cards
        )

    async def changes(self):
        while True:
            await self.told.get()
            yield
            self.told.task_done()


@asynccontextmanager
async def watched(tmp_path, services):
    user = ScriptedUser()
    desk = desk_with(tmp_path, tokens=MemoryTokens(), user=user)
    watching = asyncio.create_task(
        tell_of_renewals(replace(desk, services=services), language="vi")
    )
    await asyncio.sleep(0)
    try:
        yield user
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        desk.journal.close()


async def test_a_renewed_certificate_is_told(tmp_path):
    services = Services(ketoan=[OLD])
    async with watched(tmp_path, services) as user:
        await services.becomes(ketoan=[OLD, RENEWED, SHORT])

        ((title, text, _),) = user.saw("tell")
    assert title == "Dịch vụ HSM có chứng thư số mới"
    assert "CSC, kyso.vn" in text
    assert f"{RENEWED.not_after:%d/%m/%Y}" in text, "of several the one that lasts longest"


@pytest.mark.parametrize(
    "becomes",
    [
        {"ketoan": [OLD]},
        {},
        {"ketoan": [OLD, EXPIRED]},
        {"ketoan": [OLD], "giamdoc": [RENEWED]},  # added a moment ago, by the user
    ],
)
async def test_what_is_no_news_is_not_told(tmp_path, becomes):
    services = Services(ketoan=[OLD])
    async with watched(tmp_path, services) as user:
        await services.becomes(**becomes)

        assert user.saw("tell") == []


async def test_a_service_that_forgets_and_remembers_has_no_news(tmp_path):
    services = Services(ketoan=[OLD, RENEWED])
    async with watched(tmp_path, services) as user:
        await services.becomes(ketoan=[])
        await services.becomes(ketoan=[RENEWED, OLD])

        assert user.saw("tell") == []


async def test_it_is_told_once(tmp_path):
    services = Services(ketoan=[OLD])
    async with watched(tmp_path, services) as user:
        await services.becomes(ketoan=[RENEWED])
        await services.becomes(ketoan=[RENEWED, OLD])

        assert len(user.saw("tell")) == 1


async def test_an_agent_without_services_has_nothing_to_tell(tmp_path):
    user = ScriptedUser()
    desk = desk_with(tmp_path, tokens=MemoryTokens(), user=user)

    await tell_of_renewals(desk, language="vi")

    assert user.saw("tell") == []
    desk.journal.close()
