import pytest

from agent.consent.states import (
    FINAL,
    INERT_SECONDS,
    TRANSITIONS,
    Consent,
    Event,
    OutOfOrderError,
    State,
)


def led(*events, inert_seconds=0.0):
    consent = Consent(inert_seconds=inert_seconds)
    for event in events:
        consent.receive(event, at=0.0)
    return consent


SHOWN = (Event.VISIBLE,)
ARMED = (Event.VISIBLE, Event.RESTED)
WORKING = (*ARMED, Event.APPROVE)
OTP = (*WORKING, Event.OTP_ASKED)


class TestTheTable:
    def test_every_state_has_a_row(self):
        assert set(TRANSITIONS) == set(State)

    def test_only_armed_can_be_approved(self):
        assert [s for s, row in TRANSITIONS.items() if Event.APPROVE in row] == [State.ARMED]

    @pytest.mark.parametrize("state", set(State) - FINAL)
    def test_every_open_question_can_be_refused_and_ended(self, state):
        assert TRANSITIONS[state][Event.REFUSE] is State.REFUSED
        assert TRANSITIONS[state][Event.END] is State.ENDED

    @pytest.mark.parametrize("state", FINAL)
    def test_nothing_leads_out_of_the_end(self, state):
        assert TRANSITIONS[state] == {}

    def test_time_does_not_run_out_while_the_token_works(self):
        assert Event.TIME_OUT not in TRANSITIONS[State.WORKING]


class TestInertness:
    def test_rest_before_its_time_is_refused_and_changes_nothing(self):
        consent = Consent()
        consent.receive(Event.VISIBLE, at=10.0)

        with pytest.raises(OutOfOrderError, match="too early"):
            consent.receive(Event.RESTED, at=10.0 + INERT_SECONDS - 0.01)
        assert consent.state is State.SHOWN
        assert consent.receive(Event.RESTED, at=10.0 + INERT_SECONDS) is State.ARMED

    @pytest.mark.parametrize(
        "disturbance", [(Event.UNSETTLED,), (Event.TOKEN_GONE, Event.TOKEN_BACK)]
    )
    def test_a_disturbance_begins_the_time_anew(self, disturbance):
        consent = led(*ARMED)
        consent._inert_seconds = INERT_SECONDS
        for event in disturbance:
            consent.receive(event, at=100.0)

        assert consent.state is State.SHOWN
        assert consent.inert_for(at=100.0) == pytest.approx(INERT_SECONDS)

    def test_a_wrong_pin_begins_the_time_anew(self):
        consent = led(*WORKING)
        consent._inert_seconds = INERT_SECONDS
        consent.receive(Event.PIN_REJECTED, at=100.0)

        assert consent.state is State.SHOWN
        assert consent.inert_for(at=100.0) == pytest.approx(INERT_SECONDS)


class TestPaths:
    @pytest.mark.parametrize(
        ("events", "state"),
        [
            ((Event.REFUSE,), State.REFUSED),
            ((*SHOWN, Event.TIME_OUT), State.TIMED_OUT),
            ((*WORKING, Event.END), State.ENDED),
            ((*WORKING, Event.REFUSE), State.REFUSED),
            ((*WORKING, Event.PIN_LOCKED), State.LOCKED),
            ((*SHOWN, Event.TOKEN_GONE), State.UNPLUGGED),
            ((*SHOWN, Event.PIN_LOCKED, Event.TOKEN_BACK), State.LOCKED),
            ((*OTP, Event.UNSETTLED), State.OTP),
            ((*OTP, Event.OTP_GIVEN), State.WORKING),
            ((*OTP, Event.OTP_GIVEN, Event.OTP_ASKED), State.OTP),  # the first one was wrong
            ((*OTP, Event.OTP_GIVEN, Event.PIN_REJECTED), State.SHOWN),
            ((*OTP, Event.TIME_OUT), State.TIMED_OUT),
            ((*OTP, Event.REFUSE), State.REFUSED),
        ],
    )
    def test_where_events_lead(self, events, state):
        assert led(*events).state is state

    @pytest.mark.parametrize(
        "events",
        [
            (Event.APPROVE,),
            (*SHOWN, Event.APPROVE),
            (*SHOWN, Event.TOKEN_GONE, Event.APPROVE),
            (*WORKING, Event.APPROVE),
            (*WORKING, Event.PIN_LOCKED, Event.RESTED),
            (*ARMED, Event.REFUSE, Event.APPROVE),
            (*ARMED, Event.OTP_ASKED),
            (*ARMED, Event.OTP_GIVEN),
            (*WORKING, Event.OTP_GIVEN),
            (*OTP, Event.APPROVE),
            (*OTP, Event.OTP_ASKED),
            (*OTP, Event.OTP_GIVEN, Event.OTP_GIVEN),
            (*OTP, Event.REFUSE, Event.OTP_GIVEN),
        ],
    )
    def test_what_is_out_of_order_is_an_error(self, events):
        with pytest.raises(OutOfOrderError):
            led(*events)
