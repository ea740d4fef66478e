from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.filing.states import (
    CERTIFICATE_TRANSITIONS,
    DECIDED,
    DOSSIER_TRANSITIONS,
    CertificateEvent,
    CertificateState,
    DossierEvent,
    DossierState,
    Impossible,
    certificate_after,
    dossier_after,
    may_submit,
    shown,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def reachable(start, transitions):
    found = {start}
    while True:
        more = {to for (state, _), to in transitions.items() if state in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.parametrize(("state", "event"), list(product(DossierState, DossierEvent)))
def test_every_pair_is_in_the_table_or_impossible(state, event):
    if (state, event) in DOSSIER_TRANSITIONS:
        assert dossier_after(state, event) == DOSSIER_TRANSITIONS[state, event]
    else:
        with pytest.raises(Impossible):
            dossier_after(state, event)


@given(st.lists(st.sampled_from(DossierEvent), max_size=30))
def test_whatever_happens_a_dossier_keeps_the_theory(events):
    state, sending = DossierState.SIGNED, 0
    for event in events:
        try:
            after = dossier_after(state, event)
        except Impossible:
            continue
        # Decided is for ever.
        assert state not in DECIDED
        # What may have arrived is never sent: only after BHXH says that it never received it.
        if event is DossierEvent.SENDING:
            assert state in {DossierState.SIGNED, DossierState.WAITING}
            sending += 1
        # A time-out leads to the unknown and to nowhere else.
        if event is DossierEvent.UNCERTAIN:
            assert after is DossierState.UNKNOWN
        # Only what was sent can be received, and only what was received can be decided.
        if after is DossierState.RECEIVED:
            assert sending
        if after is DossierState.ACCEPTED:
            assert state is DossierState.RECEIVED
        state = after


def test_no_dossier_is_stuck():
    """From every state but the decided ones both decisions can still be reached."""
    for state in DossierState:
        if state not in DECIDED:
            assert reachable(state, DOSSIER_TRANSITIONS) >= DECIDED
    assert reachable(DossierState.SIGNED, DOSSIER_TRANSITIONS) == set(DossierState)


@pytest.mark.parametrize(("state", "event"), list(product(CertificateState, CertificateEvent)))
def test_every_certificate_pair_is_in_the_table_or_impossible(state, event):
    if (state, event) in CERTIFICATE_TRANSITIONS:
        assert certificate_after(state, event) == CERTIFICATE_TRANSITIONS[state, event]
    else:
        with pytest.raises(Impossible):
            certificate_after(state, event)


@given(st.lists(st.sampled_from(CertificateEvent), max_size=30))
def test_a_certificate_is_in_use_only_by_bhxhs_acceptance(events):
    state, submitted = CertificateState.NOT_SENT, False
    for event in events:
        try:
            after = certificate_after(state, event)
        except Impossible:
            continue
        submitted |= event is CertificateEvent.SUBMITTED
        if after is CertificateState.IN_USE and state is not CertificateState.IN_USE:
            assert event is CertificateEvent.ACCEPTED
            assert submitted
        if state is CertificateState.PENDING:
            assert event in {CertificateEvent.ACCEPTED, CertificateEvent.REFUSED}
        state = after


def test_expired_is_shown_and_never_stored():
    stored = {state for pair in CERTIFICATE_TRANSITIONS.items() for state in (pair[0][0], pair[1])}

    assert stored == set(CertificateState) - {CertificateState.EXPIRED}


@pytest.mark.parametrize("state", sorted(set(CertificateState) - {CertificateState.EXPIRED}))
def test_after_the_last_day_it_is_expired_unless_it_waits_or_was_replaced(state):
    before = shown(state, not_after=NOW + timedelta(seconds=1), now=NOW)
    after = shown(state, not_after=NOW - timedelta(seconds=1), now=NOW)

    assert before is state
    waits = {CertificateState.PENDING, CertificateState.REPLACED}
    assert after is (state if state in waits else CertificateState.EXPIRED)


def test_what_may_be_submitted():
    assert {state for state in CertificateState if may_submit(state)} == {
        CertificateState.NOT_SENT,
        CertificateState.REFUSED,
        CertificateState.IN_USE,
    }
