"""A refused site may ask again, but not without end."""

import pytest

from agent.server.nagging import ALL_REFUSALS, REFUSALS, WITHIN_SECONDS, Nagging
from protocol.errors import ProtocolError

ORIGIN = "https://nag.test"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_three_refusals_within_a_minute_a_site_must_wait() -> None:
    clock = Clock()
    nagging = Nagging(clock=clock)
    for _ in range(REFUSALS):
        nagging.judge(ORIGIN)
        nagging.refused(ORIGIN)
        clock.now += 1

    with pytest.raises(ProtocolError) as refused:
        nagging.judge(ORIGIN)
    assert refused.value.code == "rate_limited"
    nagging.judge("https://other.test")
    clock.now = WITHIN_SECONDS
    nagging.judge(ORIGIN)


def test_many_origins_of_one_owner_are_no_way_around_it() -> None:
    clock = Clock()
    nagging = Nagging(clock=clock)
    for number in range(ALL_REFUSALS):
        nagging.judge(f"https://{number}.nag.test")
        nagging.refused(f"https://{number}.nag.test")

    with pytest.raises(ProtocolError):
        nagging.judge("https://new.nag.test")
    clock.now = WITHIN_SECONDS
    nagging.judge("https://new.nag.test")
