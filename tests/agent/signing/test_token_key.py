"""What the device says around a PIN, and what becomes of it."""

from pathlib import Path

import pytest

from agent.errors import TokenError, UserError
from agent.keys import PinState
from agent.signing.candidates import Wanted
from agent.signing.login import login
from tests.support.prompts import Approve, Do, Refuse, ScriptedUser
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import Card, MemoryTokens

NONCE = bytes(32)


async def refused(directory: Path, tokens: MemoryTokens, user: ScriptedUser, card: Card) -> str:
    """The code with which a login with `card` ends."""
    errand, _ = traced_errand()
    desk = desk_with(directory, tokens=tokens, user=user)
    with pytest.raises((UserError, TokenError)) as error:
        await login(desk, errand, nonce=NONCE, wanted=Wanted(id=card.id))
    return error.value.code


async def test_a_device_that_says_nothing_after_a_wrong_pin_is_shown_by_what_the_failure_said(
    tmp_path: Path,
) -> None:
    class FallsSilent(MemoryTokens):
        def wrong_pin(self, card: Card) -> None:
            card.fails_with = TokenError("token_failed")

    card = Card(tries_left=2)
    user = ScriptedUser(Approve("00000000"), Refuse())

    assert await refused(tmp_path, FallsSilent(card), user, card) == "user_refused"
    assert user.saw("pin_rejected") == [PinState(final_try=True)]


async def test_a_token_swapped_for_another_gets_no_pin(tmp_path: Path) -> None:
    card = Card()
    user = ScriptedUser(
        Do(lambda: setattr(card, "fails_with", UserError("token_changed"))), Approve()
    )

    assert await refused(tmp_path, MemoryTokens(card), user, card) == "token_changed"
    assert card.pins_tried == []


async def test_a_token_pulled_before_the_window_opens_is_removed_not_unknown(
    tmp_path: Path,
) -> None:
    card = Card()

    class JustPulled(MemoryTokens):
        def open(self, certificate):
            raise UserError("certificate_not_found")

    user = ScriptedUser()

    assert await refused(tmp_path, JustPulled(card), user, card) == "token_removed"
    assert user.asked == []


async def test_a_pin_typed_after_the_token_was_locked_is_erased_unused(tmp_path: Path) -> None:
    card = Card(tries_left=1)
    user = ScriptedUser(Approve("00000000"), Approve("11111111"))

    assert await refused(tmp_path, MemoryTokens(card), user, card) == "pin_locked"
    assert card.pins_tried == ["00000000"]
    for pin in user.pins:
        with pytest.raises(ValueError, match="once"):
            pin.consume()
