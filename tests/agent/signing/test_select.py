"""Choosing: all are shown, unsuitable ones with the reason; the page learns only the chosen one."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from agent.consent.prompts import CertificateFacts, SelectQuestion
from agent.errors import UserError
from agent.signing.candidates import Wanted
from agent.signing.select import select, to_sign_with
from protocol.messages import CertificateState, Stage
from tests.support.prompts import Choose, Do, Refuse, ScriptedUser, Wait
from tests.support.signing import TableJudge, desk_with, traced_errand
from tests.support.tokens import NOW, Card, MemoryTokens
from tests.support.waiting import eventually

MST = "0312345678"


def shown_last(user: ScriptedUser) -> tuple[CertificateFacts, ...]:
    lists = user.saw("certificates")
    return lists[-1] if lists else ()


async def test_the_window_opens_at_once_and_learns_of_revocation_later(tmp_path: Path) -> None:
    card, judge, wait = Card(), TableJudge(), Wait()
    judge.say(card, CertificateState.REVOKED)
    user = ScriptedUser(wait, Refuse())
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user, judge=judge)
    errand, stages = traced_errand()

    task = asyncio.create_task(select(desk, errand, Wanted()))
    await eventually(lambda: len(user.saw("certificates")) == 2, "the second list")
    [question] = user.asked
    assert isinstance(question, SelectQuestion)
    assert [c.state for c in question.certificates] == ["unchecked"]
    [fact] = shown_last(user)
    assert (fact.state, fact.usable, fact.why_not) == ("revoked", False, "certificate_revoked")
    wait.event.set()
    with pytest.raises(UserError):
        await task

    assert stages == [Stage.WAITING_FOR_USER]


async def test_another_companys_certificate_is_shown_but_cannot_be_chosen(tmp_path: Path) -> None:
    ours, other = Card(number=1), Card(number=2, mst=MST + "001")
    user = ScriptedUser(Choose(ours.id))
    desk = desk_with(tmp_path, tokens=MemoryTokens(ours, other), user=user)
    errand, _ = traced_errand()

    chosen = await select(desk, errand, Wanted(mst=MST))

    assert chosen.certificate.id == ours.id
    [question] = user.asked
    assert isinstance(question, SelectQuestion)
    assert question.wanted_mst == MST
    facts = {fact.id: fact for fact in question.certificates}
    assert facts[ours.id].usable
    assert facts[other.id].why_not == "mst_mismatch"
    assert facts[other.id].why_not_details == {"found": f"{MST}-001", "expected": MST}


async def test_a_window_that_lets_an_unsuitable_one_be_chosen_is_overruled(tmp_path: Path) -> None:
    other = Card(mst="0399999999")
    desk = desk_with(tmp_path, tokens=MemoryTokens(other), user=ScriptedUser(Choose(other.id)))
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await select(desk, errand, Wanted(mst=MST))

    assert refused.value.code == "mst_mismatch"


async def test_the_window_opens_without_a_token_and_fills_when_one_comes(tmp_path: Path) -> None:
    card, tokens, wait = Card(), MemoryTokens(), Wait()
    user = ScriptedUser(wait, Choose(card.id))
    desk = desk_with(tmp_path, tokens=tokens, user=user)
    errand, stages = traced_errand()

    task = asyncio.create_task(select(desk, errand, Wanted()))
    await eventually(lambda: tokens.listeners, "the window to watch the tokens")
    tokens.plug(card)
    await eventually(lambda: [f.id for f in shown_last(user)] == [card.id], "the card to show")
    wait.event.set()

    assert (await task).certificate.id == card.id
    assert stages == [Stage.WAITING_FOR_TOKEN, Stage.WAITING_FOR_USER, Stage.CHECKING]
    assert (user.open_windows, tokens.listeners) == (0, 0)


async def test_an_issuer_is_looked_for_without_regard_to_case(tmp_path: Path) -> None:
    viettel, vnpt = Card(number=1, issuer="Viettel-CA"), Card(number=2, issuer="VNPT-CA")
    user = ScriptedUser(Refuse())
    desk = desk_with(tmp_path, tokens=MemoryTokens(viettel, vnpt), user=user)
    errand, _ = traced_errand()

    with pytest.raises(UserError):
        await select(desk, errand, Wanted(issuer="viettel"))

    [question] = user.asked
    assert isinstance(question, SelectQuestion)
    assert [c.usable for c in question.certificates] == [True, False]


async def test_what_cannot_be_read_as_a_certificate_is_left_out(tmp_path: Path) -> None:
    card, garbage = Card(), Card(number=2)
    garbage.der = b"garbage"
    user = ScriptedUser(Choose(card.id))
    desk = desk_with(tmp_path, tokens=MemoryTokens(garbage, card), user=user)
    errand, _ = traced_errand()

    await select(desk, errand, Wanted())

    [question] = user.asked
    assert isinstance(question, SelectQuestion)
    assert [fact.id for fact in question.certificates] == [card.id]


async def test_one_pulled_in_the_moment_of_choosing_is_said_to_be_missing(tmp_path: Path) -> None:
    card = Card()
    tokens = MemoryTokens(card)
    user = ScriptedUser(Do(lambda: tokens.unplug(card)), Choose(card.id))
    desk = desk_with(tmp_path, tokens=tokens, user=user)
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await select(desk, errand, Wanted())

    assert refused.value.code == "certificate_not_found"


async def test_expired_ones_can_be_chosen_where_validity_does_not_matter(tmp_path: Path) -> None:
    old = Card(not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
    desk = desk_with(tmp_path, tokens=MemoryTokens(old), user=ScriptedUser(Choose(old.id)))
    errand, _ = traced_errand()

    chosen = await select(desk, errand, Wanted(valid_now=False))

    assert chosen.assessment.state is CertificateState.EXPIRED


async def test_a_certificate_without_an_mst_is_no_mismatch_of_numbers(tmp_path: Path) -> None:
    personal = Card(mst="")
    desk = desk_with(tmp_path, tokens=MemoryTokens(personal), user=ScriptedUser())
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await to_sign_with(desk, errand, Wanted(mst=MST))

    assert refused.value.code == "no_certificate"


async def test_who_could_only_refuse_is_told_what_was_wrong(tmp_path: Path) -> None:
    other = Card(mst="0399999999")
    desk = desk_with(tmp_path, tokens=MemoryTokens(other), user=ScriptedUser(Refuse()))
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await select(desk, errand, Wanted(mst=MST))

    assert refused.value.code == "mst_mismatch"
    assert refused.value.details == {"found": "0399999999", "expected": MST}


async def test_who_refuses_although_one_would_do_has_refused(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, tokens=MemoryTokens(Card(mst=MST)), user=ScriptedUser(Refuse()))
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await select(desk, errand, Wanted(mst=MST))

    assert refused.value.code == "user_refused"
