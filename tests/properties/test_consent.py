"""Whatever happens to a question, in whatever order, these hold (agent.consent.states)."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from agent.consent.states import (
    FINAL,
    INERT_SECONDS,
    TRANSITIONS,
    Consent,
    Event,
    OutOfOrderError,
    State,
)

#: What begins the inert time anew.
DISTURBANCES = {
    Event.VISIBLE,
    Event.UNSETTLED,
    Event.TOKEN_BACK,
    Event.PIN_REJECTED,
}
PAUSES = st.floats(0, 2 * INERT_SECONDS)
NOISE = st.lists(st.tuples(st.sampled_from(Event), PAUSES), max_size=60)


@st.composite
def walks(draw):
    """Mostly what the table allows, so that approvals and wrong PINs come up; sometimes noise."""
    consent, now, walk = Consent(), 0.0, []
    for _ in range(draw(st.integers(12, 40))):
        possible = [event for event in TRANSITIONS[consent.state] if event not in ENDINGS]
        likely = draw(st.integers(0, 9)) > 0 and possible
        event = draw(st.sampled_from(possible if likely else list(Event)))
        pause = draw(PAUSES)
        now += pause
        walk.append((event, pause))
        with contextlib.suppress(OutOfOrderError):
            consent.receive(event, at=now)
    return walk


ENDINGS = {Event.REFUSE, Event.TIME_OUT, Event.END}
HAPPENINGS = st.one_of(walks(), NOISE)


def history(happenings):
    """Every accepted event with its time, state before and state after."""
    consent, now = Consent(), 0.0
    for event, pause in happenings:
        now += pause
        before = consent.state
        try:
            after = consent.receive(event, at=now)
        except OutOfOrderError:
            assert consent.state is before
            continue
        yield now, event, before, after


@given(HAPPENINGS)
def test_an_approval_comes_only_after_undisturbed_time(happenings):
    disturbed_at = None
    for now, event, before, _ in history(happenings):
        if event in DISTURBANCES and before not in {State.LOCKED, State.WORKING, State.UNPLUGGED}:
            disturbed_at = now
        if event in {Event.TOKEN_BACK, Event.PIN_REJECTED}:
            disturbed_at = now
        if event is Event.APPROVE:
            assert disturbed_at is not None
            assert now - disturbed_at >= INERT_SECONDS - 1e-9


@given(HAPPENINGS)
def test_one_pin_rejection_never_leads_to_work_without_the_user(happenings):
    approved = False
    for _, event, _, after in history(happenings):
        if event is Event.APPROVE:
            approved = True
        elif event in {Event.PIN_REJECTED, Event.PIN_LOCKED}:
            approved = False
        if after is State.WORKING:
            assert approved


@given(HAPPENINGS)
def test_nothing_is_accepted_after_the_end(happenings):
    ended = False
    for _, _, _, after in history(happenings):
        assert not ended
        ended = after in FINAL


@given(HAPPENINGS)
def test_a_locked_token_is_never_worked_with_again(happenings):
    locked = False
    for _, _, _, after in history(happenings):
        locked = locked or after is State.LOCKED
        if locked:
            assert after is State.LOCKED or after in FINAL


@given(HAPPENINGS)
def test_a_refusal_is_possible_until_the_end(happenings):
    consent, now = Consent(), 0.0
    for event, pause in happenings:
        now += pause
        if not consent.finished:
            assert consent.allows(Event.REFUSE)
        with contextlib.suppress(OutOfOrderError):
            consent.receive(event, at=now)


@given(HAPPENINGS)
def test_a_one_time_password_leaves_once_for_each_asking_after_an_approval(happenings):
    approved = asked = False
    for _, event, _, after in history(happenings):
        match event:
            case Event.APPROVE:
                approved = True
            case Event.OTP_ASKED:
                assert approved
                asked = True
            case Event.OTP_GIVEN:
                assert asked
                asked = False
        if after is State.SHOWN:
            # Whatever led back to the question, an approval given before counts no more.
            approved = asked = False
        assert approved or after not in {State.WORKING, State.OTP}
