"""What a PIN does to a card: its counter is the judge of "never retried"."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import pytest

from agent.errors import TokenError, UserError
from agent.keys import Mechanism
from agent.tokens.inventory import Inventory
from tests.device.verification import certificate_of, the_pin, verify
from tests.support.card import KeySlot, PcscStack, VirtualCard
from tests.support.waiting import eventually

DIGEST = bytes(range(32))
RSA = Mechanism.RSA_PKCS1_SHA256


@pytest.fixture
async def inventory(card_stack: PcscStack, card: VirtualCard) -> AsyncIterator[Inventory]:
    """With the card in, and shown."""
    card.insert()
    async with Inventory([card_stack.module()]) as tokens:
        await eventually(tokens.certificates, "the card's certificates")
        yield tokens


class TestAWrongPin:
    async def test_moves_the_counter_by_exactly_one(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            with pytest.raises(UserError) as caught:
                await key.login(the_pin("654321"))
            with pytest.raises(TokenError):
                await key.sign(DIGEST, RSA)

        assert caught.value.code == "pin_incorrect"
        assert (card.person.pins_presented, card.person.tries_left) == (1, 2)

    async def test_is_followed_by_the_users_own_second_attempt(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            with pytest.raises(UserError):
                await key.login(the_pin("654321"))
            await key.login(the_pin())
            signature = await key.sign(DIGEST, RSA)

        verify(certificate, signature, DIGEST)
        assert (card.person.pins_presented, card.person.tries_left) == (2, 3)

    async def test_tells_how_it_stands_until_the_card_is_locked(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        told = []
        async with inventory.open(certificate.id) as key:
            for _ in range(4):
                with pytest.raises(UserError) as caught:
                    await key.login(the_pin("654321"))
                details = caught.value.details
                told.append((caught.value.code, details["final_try"], details["locked"]))

        assert told[:2] == [("pin_incorrect", False, False), ("pin_incorrect", True, False)]
        assert told[2][2] is True
        assert told[3][0] == "pin_locked"
        assert card.person.pins_presented == 3

    async def test_changes_what_is_shown_of_the_token(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        card.person.tries_left = 2
        async with inventory.open(certificate.id) as key:
            with pytest.raises(UserError):
                await key.login(the_pin("654321"))
        await eventually(lambda: inventory.tokens()[0].pin.final_try, "the flag in the list")

    async def test_of_impossible_length_never_reaches_the_card(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            for value in ("123", "123456789"):
                with pytest.raises(UserError) as caught:
                    await key.login(the_pin(value))
                assert caught.value.code == "pin_length"

        assert card.person.pins_presented == 0


async def test_the_last_try_is_announced_before_a_pin_is_typed(
    inventory: Inventory, card: VirtualCard
) -> None:
    certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
    assert certificate is not None
    card.person.tries_left = 1
    async with inventory.open(certificate.id) as key:
        state = await key.pin_state()
        await key.login(the_pin())

    assert (state.final_try, state.locked) == (True, False)
    assert card.person.tries_left == 3


async def test_a_locked_card_is_told_and_no_pin_is_spent(
    inventory: Inventory, card: VirtualCard
) -> None:
    certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
    assert certificate is not None
    card.person.tries_left = 0
    async with inventory.open(certificate.id) as key:
        state = await key.pin_state()
        with pytest.raises(UserError) as caught:
            await key.login(the_pin())
        card.unblock()
        await key.login(the_pin())

    assert state.locked
    assert caught.value.code == "pin_locked"
    assert card.person.pins_presented == 1


class TestAKeyThatWantsAPinEachTime:
    async def test_signs_once_for_each_login(self, inventory: Inventory, card: VirtualCard) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.SIGNATURE)
        assert certificate is not None
        signatures = []
        async with inventory.open(certificate.id) as key:
            for _ in range(3):
                await key.login(the_pin())
                signatures.append(await key.sign(DIGEST, RSA))
            always = key.always_authenticate

        assert always
        for signature in signatures:
            verify(certificate, signature, DIGEST)

    async def test_asks_for_a_login_when_one_is_missing(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.SIGNATURE)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            await key.sign(DIGEST, RSA)
            presented = card.person.pins_presented
            with pytest.raises(TokenError) as caught:
                await key.sign(DIGEST, RSA)

        assert caught.value.code == "token_busy"
        # The PIN of the first login is gone; it was not used again.
        assert card.person.pins_presented == presented

    async def test_spends_one_try_on_a_wrong_pin(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.SIGNATURE)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            with pytest.raises(UserError):
                await key.login(the_pin("654321"))

        assert card.person.tries_left == 2


class TestAnotherProgram:
    async def test_that_spends_a_try_ends_our_login_and_the_pin_is_asked_again(
        self, inventory: Inventory, card: VirtualCard, card_stack: PcscStack
    ) -> None:
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            await asyncio.to_thread(another_program, card_stack, "--login", "--pin", "000000")
            presented = card.person.pins_presented
            with pytest.raises(TokenError) as caught:
                await key.sign(DIGEST, RSA)
            assert card.person.pins_presented == presented
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)

        assert caught.value.code == "token_busy"

    async def test_that_only_looks_may_end_our_login_too(
        self, inventory: Inventory, card: VirtualCard, card_stack: PcscStack
    ) -> None:
        card.set_deselects(on=True)
        certificate = certificate_of(inventory, card.person, KeySlot.AUTHENTICATION)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            await asyncio.to_thread(another_program, card_stack)
            with pytest.raises(TokenError) as caught:
                await key.sign(DIGEST, RSA)
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)

        assert caught.value.code == "token_busy"
        assert card.person.tries_left == 3


def another_program(card_stack: PcscStack, *arguments: str) -> None:
    subprocess.run(
        ("pkcs11-tool", "--module", str(card_stack.module().path), "--list-objects", *arguments),
        capture_output=True,
        check=False,
        timeout=20,
    )
