"""Choosing where keys are on tokens and in services: who waits for what, and what is said."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.consent.prompts import SelectQuestion
from agent.errors import UserError
from agent.signing.candidates import Candidate, Wanted
from agent.signing.desk import Desk
from agent.signing.select import select, to_sign_with
from protocol.messages import Stage
from tests.support.prompts import Choose, Do, Refuse, ScriptedUser, Wait
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import NOW, Card, MemoryTokens
from tests.support.waiting import eventually

MST = "0312345678"
OTHER = "0399999999"
EXPIRED = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}


class World:
    def __init__(self, directory: Path, *steps, cards=(), keys=(), waiting_seconds=5.0) -> None:
        self.tokens, self.services = MemoryTokens(*cards), MemoryServices(*keys)
        self.user = ScriptedUser(*steps)
        self.desk: Desk = desk_with(
            directory,
            tokens=self.tokens,
            services=self.services,
            user=self.user,
            waiting_seconds=waiting_seconds,
        )
        self.errand, self.stages = traced_errand()

    async def chosen(self, **wanted) -> Candidate:
        return await to_sign_with(self.desk, self.errand, Wanted(**wanted))

    async def refusal(self, **wanted) -> str:
        with pytest.raises(UserError) as refused:
            await self.chosen(**wanted)
        assert (self.tokens.listeners, self.services.listeners) == (0, 0)
        return refused.value.code


class TestSigning:
    async def test_does_not_wait_for_a_token_where_a_service_has_what_is_wanted(
        self, tmp_path: Path
    ) -> None:
        world = World(tmp_path, keys=[key := RemoteKey(mst=MST)])

        for wanted in ({}, {"mst": MST}, {"id": key.id}, {"place": "service"}):
            assert (await world.chosen(**wanted)).certificate == key.held
        assert Stage.WAITING_FOR_TOKEN not in world.stages
        assert world.user.asked == []

    async def test_takes_the_units_own_wherever_it_is(self, tmp_path: Path) -> None:
        card, key = Card(mst=OTHER), RemoteKey(mst=MST)
        world = World(tmp_path, cards=[card], keys=[key])

        assert (await world.chosen(mst=MST)).certificate.id == key.id
        assert (await world.chosen(mst=OTHER)).certificate.id == card.id

    async def test_lets_the_user_choose_between_token_and_service(self, tmp_path: Path) -> None:
        card, key = Card(mst=MST), RemoteKey(mst=MST)
        world = World(tmp_path, Choose(key.id), cards=[card], keys=[key])

        assert (await world.chosen(mst=MST)).certificate.id == key.id
        [question] = world.user.asked
        assert isinstance(question, SelectQuestion)
        places = [(c.token is not None, c.service is not None) for c in question.certificates]
        assert sorted(places) == [(False, True), (True, False)]

    async def test_does_not_ask_where_only_one_place_was_meant(self, tmp_path: Path) -> None:
        card, key = Card(mst=MST), RemoteKey(mst=MST)
        world = World(tmp_path, cards=[card], keys=[key])

        assert (await world.chosen(mst=MST, place="service")).certificate.id == key.id
        assert (await world.chosen(mst=MST, place="token")).certificate.id == card.id

    async def test_finds_what_was_renewed_at_the_service(self, tmp_path: Path) -> None:
        old, new = RemoteKey(mst=MST, **EXPIRED), RemoteKey(mst=MST, number=12)
        world = World(tmp_path, keys=[old])
        world.services.unseen.append(new)

        assert (await world.chosen(mst=MST)).certificate.id == new.id

    async def test_finds_what_was_renewed_on_a_token_that_stays_plugged_in(
        self, tmp_path: Path
    ) -> None:
        old, new = Card(mst=MST, **EXPIRED), Card(mst=MST, number=2)
        world = World(tmp_path, cards=[old])
        world.tokens.unseen.append(new)

        assert (await world.chosen(mst=MST)).certificate.id == new.id


class TestNothingThatWillDo:
    async def test_the_units_own_expired_one_is_said_at_once(self, tmp_path: Path) -> None:
        world = World(tmp_path, keys=[RemoteKey(mst=MST, **EXPIRED)])

        assert await world.refusal(mst=MST) == "certificate_expired"
        assert Stage.WAITING_FOR_TOKEN not in world.stages

    async def test_another_units_is_shown_while_the_token_may_still_come(
        self, tmp_path: Path
    ) -> None:
        card, wait = Card(mst=MST), Wait()
        world = World(tmp_path, wait, Choose(card.id), keys=[RemoteKey(mst=OTHER)])

        task = asyncio.create_task(world.chosen(mst=MST))
        await eventually(lambda: world.user.open_windows and world.tokens.listeners, "the window")
        world.tokens.plug(card)
        await eventually(
            lambda: len(world.user.saw("certificates")[-1]) == 2, "the token to be shown"
        )
        wait.event.set()

        assert (await task).certificate.id == card.id

    async def test_and_who_closes_that_list_is_told_whose_they_are(self, tmp_path: Path) -> None:
        world = World(tmp_path, Refuse(), keys=[RemoteKey(mst=OTHER)])

        assert await world.refusal(mst=MST) == "mst_mismatch"

    @pytest.mark.parametrize("wanted", [{}, {"mst": MST}, {"id": Card().id}])
    async def test_no_token_is_said_only_where_there_is_no_account(
        self, tmp_path: Path, wanted: dict
    ) -> None:
        world = World(tmp_path, waiting_seconds=0.05)

        assert await world.refusal(**wanted) == "no_token"

    async def test_a_named_one_that_is_nowhere_is_waited_for_and_then_not_found(
        self, tmp_path: Path
    ) -> None:
        world = World(tmp_path, keys=[RemoteKey()], waiting_seconds=0.05)

        assert await world.refusal(id=Card().id) == "certificate_not_found"
        assert world.stages == [Stage.WAITING_FOR_TOKEN]

    async def test_one_named_in_a_service_is_looked_for_there_and_not_waited_for(
        self, tmp_path: Path
    ) -> None:
        missing, here = RemoteKey(number=12), RemoteKey()
        world = World(tmp_path, keys=[here], waiting_seconds=3600.0)

        assert await world.refusal(id=missing.id, place="service") == "certificate_not_found"
        assert world.services.refreshed == [here.account_id]
        assert world.stages == [Stage.WAITING_FOR_SERVICE]

        world.services.unseen.append(missing)
        assert (await world.chosen(id=missing.id, place="service")).certificate.id == missing.id

    async def test_without_any_account_nothing_in_a_service_fits(self, tmp_path: Path) -> None:
        world = World(tmp_path, cards=[Card(mst=MST)], waiting_seconds=3600.0)

        assert await world.refusal(mst=MST, place="service") == "no_certificate"

    async def test_a_service_that_does_not_answer_is_not_waited_for_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agent.signing.select._LOOKING_SECONDS", 0.02)
        world = World(tmp_path, keys=[RemoteKey(mst=MST, **EXPIRED)])
        world.services.may_answer.clear()

        assert await world.refusal(mst=MST) == "certificate_expired"

    @pytest.mark.parametrize("problem", ["account_refused", "account_blocked", "account_expired"])
    async def test_a_service_that_refused_the_password_is_not_asked_again_with_it(
        self, tmp_path: Path, problem: str
    ) -> None:
        """It would lock the account in the end."""
        world = World(tmp_path, keys=[key := RemoteKey(mst=MST, **EXPIRED)])
        world.services.trouble(key.account_id, problem)

        assert await world.refusal(mst=MST) == "certificate_expired"
        assert world.services.refreshed == []

    async def test_an_account_that_is_forgotten_just_then_is_no_failure_of_ours(
        self, tmp_path: Path
    ) -> None:
        class Forgetful(MemoryServices):
            async def refresh(self, account=None):
                await self.forget(account)
                await super().refresh(account)

        world = World(tmp_path, cards=[Card(mst=OTHER)])
        key = RemoteKey(mst=MST, **EXPIRED)
        desk = replace(world.desk, services=Forgetful(key))

        with pytest.raises(UserError) as refused:
            await to_sign_with(desk, world.errand, Wanted(mst=MST))

        assert refused.value.code == "mst_mismatch"


class TestTheWindow:
    async def test_shows_what_the_services_have_got_meanwhile(self, tmp_path: Path) -> None:
        wait, new = Wait(), RemoteKey(number=12)
        world = World(tmp_path, wait, Choose(new.id), keys=[RemoteKey()])
        world.services.unseen.append(new)

        task = asyncio.create_task(select(world.desk, world.errand, Wanted()))
        await eventually(
            lambda: world.user.shown and len(world.user.saw("certificates")[-1]) == 2, "the new one"
        )
        wait.event.set()

        assert (await task).certificate.id == new.id
        assert world.tokens.refreshed == 1
        assert (world.tokens.listeners, world.services.listeners) == (0, 0)

    async def test_opens_although_services_and_devices_are_slow(self, tmp_path: Path) -> None:
        world = World(tmp_path, Refuse(), keys=[RemoteKey()])
        world.services.may_answer.clear()

        with pytest.raises(UserError) as refused:
            await select(world.desk, world.errand, Wanted())

        assert refused.value.code == "user_refused"

    @pytest.mark.parametrize("place", ["token", "service"])
    async def test_has_only_those_of_the_place_that_was_meant(
        self, tmp_path: Path, place: str
    ) -> None:
        card, key = Card(), RemoteKey()
        wanted = {"token": card, "service": key}[place]
        world = World(tmp_path, Choose(wanted.id), cards=[card], keys=[key])

        await select(world.desk, world.errand, Wanted(place=place))

        [question] = world.user.asked
        assert isinstance(question, SelectQuestion)
        assert [c.id for c in question.certificates] == [wanted.id]

    async def test_does_not_wait_for_a_token_where_services_are_meant(self, tmp_path: Path) -> None:
        world = World(tmp_path, Refuse())

        with pytest.raises(UserError):
            await select(world.desk, world.errand, Wanted(place="service"))

        assert Stage.WAITING_FOR_TOKEN not in world.stages

    async def test_leaves_out_an_account_that_is_forgotten_in_the_moment_of_choosing(
        self, tmp_path: Path
    ) -> None:
        key = RemoteKey()
        world = World(tmp_path, keys=[key])
        forgetting: list[asyncio.Task] = []
        world.user = ScriptedUser(
            Do(
                lambda: forgetting.append(
                    asyncio.create_task(world.services.forget(key.account_id))
                )
            ),
            Choose(key.id),
        )
        desk = desk_with(
            tmp_path / "2", tokens=world.tokens, services=world.services, user=world.user
        )

        with pytest.raises(UserError) as refused:
            await select(desk, world.errand, Wanted())

        assert refused.value.code == "certificate_not_found"
