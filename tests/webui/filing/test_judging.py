from datetime import UTC, datetime

import pytest

from tests.webui.world import added, authority, registered
from webui.bhxh import certificate
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.errors import Refused
from webui.filing import judging

UNKNOWN = Judgement(chain=Chain.TRUSTED, revocation=Revocation.UNKNOWN)


def test_days_are_told_as_vietnam_counts_them():
    last = datetime(2026, 1, 1, 18, tzinfo=UTC)
    facts = certificate.read(
        authority().issue("CŨ", not_before=datetime(2024, 1, 1, tzinfo=UTC), not_after=last).der
    )
    with pytest.raises(Refused) as caught:
        judging.check_validity(facts, datetime(2026, 11, 23, tzinfo=UTC))

    assert caught.value.details == {"date": "02/01/2026"}


@pytest.mark.parametrize("chain", [Chain.UNTRUSTED, Chain.UNKNOWN])
def test_whatever_is_said_of_revocation_a_chain_is_needed(chain):
    with pytest.raises(Refused):
        judging.check_judgement(Judgement(chain=chain, revocation=Revocation.GOOD))


def test_unknown_revocation_stops_nobody():
    judging.check_judgement(UNKNOWN)


async def test_a_silent_ca_is_waited_for_once_in_five_minutes(office, judge, clock):
    judge.verdict = UNKNOWN
    unit = await registered(office)
    row = await added(office, unit)
    assert judge.asked == 1

    assert await judging.fresh(office, row) == UNKNOWN
    assert judge.asked == 1
    clock.forward(minutes=5)
    judge.verdict = Judgement(chain=Chain.TRUSTED, revocation=Revocation.GOOD)
    assert (await judging.fresh(office, row)).revocation is Revocation.GOOD
