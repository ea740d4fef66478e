"""Signing while the card is pulled, swapped, failing or hanging."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.errors import AgentError, TokenError, UserError
from agent.keys import KeyType, Mechanism
from agent.tokens.calls import KeyRef, TokenRef
from agent.tokens.host import Host, Limits
from agent.tokens.inventory import Inventory
from agent.tokens.matching import matches
from tests.device.verification import certificate_of, the_pin, verify
from tests.support.card import KeySlot, PcscStack, VirtualCard, new_person
from tests.support.waiting import eventually

DIGEST = bytes(range(32))
RSA = Mechanism.RSA_PKCS1_SHA256


@pytest.fixture
async def inventory(card_stack: PcscStack, card: VirtualCard) -> AsyncIterator[Inventory]:
    """With the card in, and shown."""
    card.insert()
    async with Inventory([card_stack.module()], limits=Limits(sign=2.0, start=5.0)) as tokens:
        await eventually(tokens.certificates, "the card's certificates")
        yield tokens


class TestACardPulled:
    async def test_in_the_middle_of_a_signature_is_said_and_the_next_one_works(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            card.pull_in_signature(after_seconds=0.05)
            with pytest.raises(AgentError) as caught:
                await key.sign(DIGEST, RSA)
            await eventually(lambda: not inventory.tokens(), "the token to vanish")
            await asyncio.to_thread(card.insert)
            await eventually(inventory.certificates, "the card to be back")
            await key.login(the_pin())
            signature = await key.sign(DIGEST, RSA)

        # Until the reader's service has noticed (400 ms here), the card is failing, not gone.
        assert caught.value.code in {"token_removed", "token_failed"}
        verify(certificate, signature, DIGEST)
        assert card.person.pins_presented == 2

    async def test_between_login_and_signature_is_said(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            await asyncio.to_thread(card.remove)
            with pytest.raises(UserError) as signing:
                await key.sign(DIGEST, RSA)
            with pytest.raises(UserError) as logging_in:
                await key.login(the_pin())

        assert signing.value.code == "token_removed"
        assert logging_in.value.code == "token_removed"
        assert card.person.pins_presented == 1

    async def test_and_put_back_needs_a_login_again(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            await asyncio.to_thread(card.remove)
            await asyncio.to_thread(card.insert)
            with pytest.raises(AgentError):
                await key.sign(DIGEST, RSA)
            await eventually(inventory.certificates, "the card to be back")
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)

        assert card.person.pins_presented == 2

    async def test_while_its_flags_are_read_does_not_hang_the_worker(
        self, card_stack: PcscStack, card: VirtualCard
    ) -> None:
        """OpenSC 0.23 waits for itself there, if it was asked to use locks."""
        async with asyncio.TaskGroup() as tasks:
            host = Host(card_stack.module().path, limits=Limits(poll=3.0))
            running = tasks.create_task(host.run())
            card.insert()
            await host.scan()
            card.remove(wait=False)
            await host.poll()
            running.cancel()

        assert host.trouble == ""


class TestACardSwappedUnnoticed:
    """No event is followed here: the module may go on telling of the former holder."""

    @pytest.fixture
    async def host(self, card_stack: PcscStack) -> AsyncIterator[Host]:
        async with asyncio.TaskGroup() as tasks:
            host = Host(card_stack.module().path)
            running = tasks.create_task(host.run())
            yield host
            running.cancel()

    async def seen(self, host: Host) -> tuple[TokenRef, KeyRef]:
        (slot,) = (await host.scan()).slots
        match = matches(slot)[0]
        assert match.key.key_type is KeyType.RSA
        return slot.token, match.key

    async def test_never_gets_the_pin_of_the_other(self, host: Host, card: VirtualCard) -> None:
        card.insert()
        token, key = await self.seen(host)
        other = new_person("TRẦN THỊ B")
        await asyncio.to_thread(card.swap, other)
        with pytest.raises(UserError) as caught:
            await host.login(token, key, the_pin("999999"))

        assert caught.value.code == "token_changed"
        assert other.pins_presented == 0

    async def test_never_signs_for_the_other(self, host: Host, card: VirtualCard) -> None:
        card.insert()
        token, key = await self.seen(host)
        await host.login(token, key, the_pin())
        other = new_person("TRẦN THỊ B")
        await asyncio.to_thread(card.swap, other)
        with pytest.raises(UserError) as caught:
            await host.sign(token, DIGEST, RSA)

        assert caught.value.code == "token_changed"
        assert other.signatures == 0

    async def test_before_a_context_login_keeps_the_pin(
        self, host: Host, card: VirtualCard
    ) -> None:
        """A key that wants a PIN each time: the PIN waits in the worker between the two calls."""
        card.insert()
        (slot,) = (await host.scan()).slots
        key = matches(slot)[1].key
        assert await host.login(slot.token, key, the_pin()) is True
        other = new_person("TRẦN THỊ B")
        await asyncio.to_thread(card.swap, other)
        with pytest.raises(UserError) as caught:
            await host.sign(slot.token, DIGEST, RSA)

        assert caught.value.code == "token_changed"
        assert other.pins_presented == 0

    async def test_by_itself_out_and_in_again_can_log_in(
        self, host: Host, card: VirtualCard
    ) -> None:
        card.insert()
        token, key = await self.seen(host)
        await host.login(token, key, the_pin())
        await asyncio.to_thread(card.remove)
        await asyncio.to_thread(card.insert)
        await host.login(token, key, the_pin())
        await host.sign(token, DIGEST, RSA)

        assert card.person.pins_presented == 2


class TestACardThatFails:
    async def test_is_said_and_may_recover(self, inventory: Inventory, card: VirtualCard) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            card.fail_apdus(1000, status=0x6F00)
            with pytest.raises(TokenError) as caught:
                await key.sign(DIGEST, RSA)
            card.fail_apdus(0)
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)

        assert caught.value.code == "token_failed"

    async def test_to_answer_is_given_up_and_its_worker_replaced(
        self, inventory: Inventory, card: VirtualCard
    ) -> None:
        certificate = certificate_of(inventory, card.person)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            card.hang()
            with pytest.raises(TokenError) as caught:
                await key.sign(DIGEST, RSA)
            card.resume()
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)

        assert caught.value.code == "token_timeout"

    async def test_to_be_quick_is_waited_for(self, inventory: Inventory, card: VirtualCard) -> None:
        card.seconds_per_apdu = 0.044  # a real card's pace
        certificate = certificate_of(inventory, card.person, KeySlot.SIGNATURE)
        assert certificate is not None
        async with inventory.open(certificate.id) as key:
            await key.login(the_pin())
            verify(certificate, await key.sign(DIGEST, RSA), DIGEST)


async def test_many_signatures_under_one_pin(inventory: Inventory, card: VirtualCard) -> None:
    certificate = certificate_of(inventory, card.person)
    assert certificate is not None
    async with inventory.open(certificate.id) as key:
        await key.login(the_pin())
        for number in range(30):
            digest = bytes([number]) * 32
            verify(certificate, await key.sign(digest, RSA), digest)

    assert card.person.pins_presented == 1
