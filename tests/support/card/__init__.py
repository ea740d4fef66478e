"""A virtual smart card on the real PC/SC stack: pulled, locked, swapped, hung, as no real one is.

The fixtures `card` and `card_stack` (for the whole session) are in tests/conftest.py; root only,
they skip elsewhere, but fail where CI=true:

    def test_x(card_stack):
        card = card_stack.new_card()                   # keys made by the card
        public = card.person.public_key(KeySlot.AUTHENTICATION)
        card.person.certificates[KeySlot.AUTHENTICATION] = my_ca.issue(public, …)
        card.insert()
        …                                              # an agent started now finds it by OpenSC
        card.person.pins_presented, card.person.tries_left

A card stays where a test leaves it: end with `card.close()`, or use the fixture `card`. Processes
inherit PCSCLITE_CSOCK_NAME from os.environ; `card_stack.environment` has it too. The PIN is 123456
with three tries. See `reader.VirtualCard` for what a hand can do to the card.
"""

import os
from collections.abc import Iterator

import pytest

from tests.support.card.piv import KeySlot, Person, new_person
from tests.support.card.reader import VirtualCard
from tests.support.card.stack import PcscStack, Unavailable


@pytest.fixture(scope="session")
def card_stack() -> Iterator[PcscStack]:
    """pcscd with two virtual readers, for all tests of a run."""
    stack = PcscStack()
    try:
        stack.start()
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no virtual smart card here: {reason}")
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def card(card_stack: PcscStack) -> Iterator[VirtualCard]:
    """A new person's card beside the first reader; pulled when the test ends."""
    made = card_stack.new_card()
    try:
        yield made
    finally:
        made.close()


__all__ = ["KeySlot", "PcscStack", "Person", "VirtualCard", "card", "card_stack", "new_person"]
