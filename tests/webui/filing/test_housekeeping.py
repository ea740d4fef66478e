from datetime import timedelta

from tests.webui.world import added, drafted, registered
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.filing import housekeeping
from webui.store import certificates, drafts, history


async def test_a_certificate_revoked_meanwhile_is_shown_so_and_pages_are_told(office, judge, clock):
    unit = await registered(office)
    row = await added(office, unit)
    judge.verdict = Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED)
    await housekeeping.judge_again(office)
    assert judge.asked == 1
    clock.forward(hours=7)
    with office.bell.listening(unit.id) as rung:
        await housekeeping.judge_again(office)
        assert rung.is_set()

    async with office.database.reading() as tx:
        assert (await certificates.get(tx, row.id)).revocation == "revoked"
        events = [e.event for e in await history.after(tx, unit.id, 0)]
    assert events[-1] == "certificate_judged"
    await housekeeping.judge_again(office)
    assert judge.asked == 2


async def test_a_draft_that_was_left_lying_is_tidied_away(office, clock):
    unit = await registered(office)
    draft = await drafted(office, unit, await added(office, unit))
    await housekeeping.tidy(office)
    async with office.database.reading() as tx:
        assert await drafts.get(tx, unit.id, draft.id)
    clock.forward(hours=timedelta(days=1).total_seconds() / 3600)
    await housekeeping.tidy(office)

    async with office.database.reading() as tx:
        assert await drafts.get(tx, unit.id, draft.id) is None
