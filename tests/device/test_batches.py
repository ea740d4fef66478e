"""A card that is pulled in the middle of a batch, and of a session of digests."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.documents import Document
from agent.signing.batch import BatchOrder, sign_batch
from agent.signing.candidates import Wanted
from agent.signing.digests import DigestsOrder, digest_session
from agent.signing.outcomes import Listed, Outcome, Signed
from agent.tokens.host import Limits
from agent.tokens.inventory import Inventory
from tests.device.verification import certificate_of, verify
from tests.support.card import PcscStack, VirtualCard
from tests.support.prompts import Approve, ScriptedUser
from tests.support.signing import desk_with, traced_errand
from tests.support.waiting import eventually

COUNT = 30


@pytest.fixture
async def inventory(card_stack: PcscStack, card: VirtualCard) -> AsyncIterator[Inventory]:
    """With the card in, and shown."""
    card.insert()
    async with Inventory([card_stack.module()], limits=Limits(sign=2.0, start=5.0)) as tokens:
        await eventually(tokens.certificates, "the card's certificates")
        yield tokens


def listed(number: int) -> Listed:
    document = b"<d%d/>" % number

    @asynccontextmanager
    async def opened() -> AsyncIterator[Document]:
        yield document

    return Listed(
        index=number,
        name=f"{number}",
        profile="test",
        kind="xml",
        size=len(document),
        sha256=hashlib.sha256(document).hexdigest(),
        opened=opened,
    )


class Taken:
    """Implements `Taker`."""

    gone = False

    def __init__(self) -> None:
        self.outcomes: dict[int, Outcome] = {}

    async def take(self, outcome: Outcome) -> None:
        assert outcome.index not in self.outcomes
        self.outcomes[outcome.index] = outcome

    async def count(self, done: int, total: int) -> None:
        del done, total


async def test_a_card_pulled_in_the_middle_of_a_batch_leaves_the_rest_for_another_pin(
    inventory: Inventory, card: VirtualCard, tmp_path: Path
) -> None:
    pin = card.person.pin
    user = ScriptedUser(Approve(pin), Approve(pin))
    desk = desk_with(tmp_path, tokens=inventory, user=user)
    certificate = certificate_of(inventory, card.person)
    assert certificate is not None
    taken, wanted = Taken(), Wanted(id=certificate.id)
    errand, _ = traced_errand()
    documents = tuple(map(listed, range(COUNT)))

    async def pull() -> None:
        await eventually(lambda: len(taken.outcomes) >= 5, "some signatures")
        await asyncio.to_thread(card.remove)

    pulling = asyncio.create_task(pull())
    end = await sign_batch(desk, errand, BatchOrder(documents=documents, wanted=wanted), taken)
    await pulling
    first = dict(taken.outcomes)
    await asyncio.to_thread(card.insert)
    await eventually(inventory.certificates, "the card to be back")
    left = tuple(one for one in documents if one.index not in taken.outcomes)
    again = BatchOrder(documents=left, wanted=wanted, again=True)
    ended = await sign_batch(desk, errand, again, taken)

    assert end.stopped is not None
    assert end.stopped.code in {"token_removed", "token_failed"}
    assert 5 <= len(first) < COUNT
    assert ended.stopped is None
    assert all(isinstance(taken.outcomes[number], Signed) for number in range(COUNT))
    assert card.person.pins_presented == 2
    desk.journal.verify()
    lines = desk.journal.latest(limit=1000)
    signed = [line.entry.name for line in lines if line.entry.outcome == "signed"]
    assert sorted(signed, key=int) == [f"{number}" for number in range(COUNT)]


async def test_a_card_pulled_ends_a_session_of_digests(
    inventory: Inventory, card: VirtualCard, tmp_path: Path
) -> None:
    user = ScriptedUser(Approve(card.person.pin))
    desk = desk_with(tmp_path, tokens=inventory, user=user)
    certificate = certificate_of(inventory, card.person)
    assert certificate is not None
    errand, _ = traced_errand()
    order = DigestsOrder(
        count=100,
        seconds=60,
        hash="sha256",
        padding="pkcs1",
        reason="",
        wanted=Wanted(id=certificate.id),
    )
    async with digest_session(desk, errand, order) as session:
        digests = [bytes([number]) * 32 for number in range(4)]
        for digest, signature in zip(digests, await session.sign(digests), strict=True):
            verify(certificate, signature, digest)
        await asyncio.to_thread(card.remove)
        async with asyncio.timeout(10):
            while not await session.over(within=1.0):
                pass

    assert card.person.pins_presented == 1
