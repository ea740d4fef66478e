"""Tokens come and go: what the inventory shows of a card at a real PC/SC reader."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from agent.errors import TokenError, UserError
from agent.keys import Mechanism, TokenCertificate
from agent.pin import Pin
from agent.tokens.host import Limits
from agent.tokens.inventory import Inventory
from tests.support.card import PcscStack, VirtualCard, new_person
from tests.support.waiting import eventually

LIMITS = Limits(sign=1.0, start=5.0)


def the_pin(value: str = "123456") -> Pin:
    return Pin(bytearray(value.encode()))


@pytest.fixture
async def inventory(card_stack: PcscStack) -> AsyncIterator[Inventory]:
    async with Inventory([card_stack.module()], limits=LIMITS) as tokens:
        await tokens.refresh()
        yield tokens


async def first_certificate(inventory: Inventory) -> TokenCertificate:
    certificates = await eventually(inventory.certificates, "the card's certificates")
    return certificates[0]


async def signs(inventory: Inventory) -> None:
    certificate = await first_certificate(inventory)
    async with inventory.open(certificate.id) as key:
        await key.login(the_pin())
        await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)


async def test_a_card_appears_and_vanishes(inventory: Inventory, card: VirtualCard) -> None:
    changes = inventory.changes()
    card.insert(wait=False)
    while not inventory.certificates():
        await anext(changes)
    shown = inventory.tokens()
    card.remove(wait=False)
    while inventory.tokens():
        await anext(changes)

    assert [token.reader for token in shown] == ["Virtual PCD 00 00"]
    assert inventory.certificates() == ()


async def test_a_card_that_is_in_at_the_start_is_seen(
    card_stack: PcscStack, card: VirtualCard
) -> None:
    card.insert()
    async with Inventory([card_stack.module()]) as inventory:
        await inventory.refresh()

        assert len(inventory.certificates()) == 2


async def test_the_same_card_has_the_same_id_in_another_reader(
    card_stack: PcscStack, inventory: Inventory, card: VirtualCard
) -> None:
    card.insert()
    await first_certificate(inventory)
    (before,) = inventory.tokens()
    card.remove()
    await eventually(lambda: not inventory.tokens(), "the card to vanish")
    moved = card_stack.new_card(card.person, slot=1)
    moved.insert()
    try:
        await first_certificate(inventory)
        (after,) = inventory.tokens()
        await signs(inventory)
    finally:
        moved.close()

    assert after.id == before.id
    assert after.reader != before.reader


async def test_two_cards_are_two_tokens(
    card_stack: PcscStack, inventory: Inventory, card: VirtualCard
) -> None:
    other = card_stack.new_card(new_person("TRẦN THỊ B"), slot=1)
    try:
        card.insert()
        other.insert()
        await eventually(lambda: len(inventory.certificates()) == 4, "both cards")

        assert len({token.id for token in inventory.tokens()}) == 2
    finally:
        other.close()


async def test_another_persons_card_in_the_reader_is_another_token(
    inventory: Inventory, card: VirtualCard
) -> None:
    card.insert()
    before = await first_certificate(inventory)
    card.swap(new_person("TRẦN THỊ B"))
    await eventually(
        lambda: inventory.certificates() and inventory.certificates()[0].id != before.id,
        "the other card's certificates",
    )

    (token,) = inventory.tokens()
    assert token.id != before.token.id
    with pytest.raises(UserError) as caught:
        async with inventory.open(before.id):
            pass
    assert caught.value.code == "certificate_not_found"


async def test_a_card_of_no_known_kind_is_not_shown_and_does_no_harm(
    inventory: Inventory, card: VirtualCard
) -> None:
    blank = new_person(blank=True)
    card.insert()
    await first_certificate(inventory)
    card.swap(blank)
    await eventually(lambda: not inventory.tokens(), "the first card to vanish")
    card.swap(new_person())
    await first_certificate(inventory)


async def test_a_hung_card_times_out_and_works_again_afterwards(
    inventory: Inventory, card: VirtualCard
) -> None:
    card.insert()
    certificate = await first_certificate(inventory)
    async with inventory.open(certificate.id) as key:
        await key.login(the_pin())
        card.hang()
        with pytest.raises(TokenError) as caught:
            await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)
        card.resume()
        await key.login(the_pin())
        await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)

    assert caught.value.code == "token_timeout"


async def test_pcscd_may_die_and_come_back(
    card_stack: PcscStack, inventory: Inventory, card: VirtualCard
) -> None:
    card.insert()
    await first_certificate(inventory)
    await asyncio.to_thread(card_stack.kill)
    try:
        await eventually(lambda: not inventory.tokens(), "the token to vanish")
    finally:
        await asyncio.to_thread(card_stack.start)
    again = card_stack.new_card(card.person)
    again.insert()
    try:
        await signs(inventory)
    finally:
        again.close()


async def test_a_killed_worker_is_replaced_and_the_card_stays(
    inventory: Inventory, card: VirtualCard
) -> None:
    card.insert()
    await first_certificate(inventory)
    (host,) = [watch.host for watch in inventory._watches]
    first = host.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: host.pid not in {None, first}, "another worker")
    await signs(inventory)
