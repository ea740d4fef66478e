"""The clerk decides when it is time, waits where it must, and writes to the unit by real SMTP."""

import asyncio
from datetime import UTC, datetime

from tests.support.sandbox import sandbox_here, signed_dossier, subscriber
from tests.support.waiting import eventually
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.sandbox.gateway import door
from webui.sandbox.gateway.faults import Faults
from webui.sandbox.gateway.ledger import Dossier, State
from webui.sandbox.service import Sandbox

KEY = "dossier-1"


class Doubting:
    """A CertificateJudge that cannot reach the CA until it is told."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.revocation = Revocation.UNKNOWN

    async def judge(self, der: bytes, *, now: datetime) -> Judgement:
        self.asked.set()
        return Judgement(chain=Chain.TRUSTED, revocation=self.revocation)


class Deaf:
    """A CertificateJudge in which a cancellation gets lost, as in asyncio.wait_for it can."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def judge(self, der: bytes, *, now: datetime) -> Judgement:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Judgement(chain=Chain.TRUSTED, revocation=Revocation.GOOD)
        raise AssertionError


async def arrived(sandbox: Sandbox, document: bytes, key: str = KEY) -> Dossier:
    dossier, _ = await sandbox.ledger.keep(key, door.read(document))
    sandbox.clerk.wake()
    return dossier


async def decided(sandbox: Sandbox, key: str = KEY) -> Dossier:
    async def probe() -> Dossier | None:
        dossier = await sandbox.ledger.by_key(key)
        return dossier if dossier and dossier.state is not State.PENDING else None

    return await eventually(probe, "a decision")


async def test_it_decides_no_sooner_than_told_and_then_at_once(sandbox) -> None:
    await sandbox.set_faults(Faults(decide_after=3600))
    await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))
    pause = await sandbox.clerk._work()

    assert (await sandbox.ledger.by_key(KEY)).state is State.PENDING
    assert 3500 < pause <= 3600

    await sandbox.set_faults(Faults(decide_after=0))
    assert (await decided(sandbox)).state is State.ACCEPTED


async def test_with_nothing_to_do_it_sleeps_until_it_is_woken(sandbox) -> None:
    assert await sandbox.clerk._work() is None


async def test_while_revocation_cannot_be_learnt_there_is_no_decision(sandbox) -> None:
    doubting = sandbox.clerk._judges = Doubting()
    await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))
    await doubting.asked.wait()
    assert (await sandbox.ledger.by_key(KEY)).state is State.PENDING

    doubting.revocation = Revocation.GOOD
    sandbox.clerk.wake()
    assert (await decided(sandbox)).state is State.ACCEPTED


async def test_the_unit_gets_a_letter_with_the_receipt(sandbox) -> None:
    await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))

    letter = (await eventually(sandbox.box.newest, "a letter"))[0]
    dossier = await decided(sandbox)
    assert letter.recipients == ("thu@congty.example",)
    assert "Chấp nhận hồ sơ" in letter.subject
    assert dossier.transaction in letter.text
    assert [part.content for part in letter.attachments] == [dossier.receipt]


async def test_a_letter_waits_for_the_mail_server(tmp_path) -> None:
    async with sandbox_here(tmp_path) as sandbox:
        right_port = sandbox.clerk._smtp_port
        sandbox.clerk._smtp_port = 1
        await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))
        await decided(sandbox)
        await eventually(sandbox.ledger.unmailed, "a letter that waits")

        sandbox.clerk._smtp_port = right_port
        sandbox.clerk.wake()

        await eventually(sandbox.box.newest, "a letter")
        assert len(await sandbox.box.newest()) == 1


async def test_what_was_pending_is_decided_after_a_restart(tmp_path) -> None:
    async with sandbox_here(tmp_path, decide_after=3600) as before:
        company = subscriber(before.authority)
        pending = await arrived(before, signed_dossier(company))

    async with sandbox_here(tmp_path) as after:
        dossier = await decided(after)
        assert dossier.transaction == pending.transaction
        assert dossier.state is State.ACCEPTED
        assert [one.certificate for one in await after.ledger.registered("9900000143")] == [
            company.certificate
        ]
        await eventually(after.box.newest, "a letter")


async def test_a_lost_cancellation_does_not_keep_the_sandbox_from_ending(tmp_path) -> None:
    async with asyncio.timeout(20), sandbox_here(tmp_path) as sandbox:
        deaf = sandbox.clerk._judges = Deaf()
        await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))
        await deaf.asked.wait()


async def test_a_decision_is_taken_once(sandbox) -> None:
    dossier = await arrived(sandbox, signed_dossier(subscriber(sandbox.authority)))
    first = await decided(sandbox)

    await sandbox.ledger.decide(
        dossier, mst="9900000143", error=("X", "x"), receipt=b"", decided=datetime.now(UTC)
    )

    again = await sandbox.ledger.by_key(KEY)
    assert (again.state, again.receipt, again.error) == (first.state, first.receipt, None)


async def test_a_new_acceptance_replaces_the_registered_certificate(sandbox) -> None:
    old, new = subscriber(sandbox.authority), subscriber(sandbox.authority)
    await arrived(sandbox, signed_dossier(old))
    await decided(sandbox)

    await arrived(sandbox, signed_dossier(new), key="dossier-2")
    await decided(sandbox, "dossier-2")

    registered = await sandbox.ledger.registered("9900000143")
    assert [one.certificate for one in registered] == [new.certificate]
