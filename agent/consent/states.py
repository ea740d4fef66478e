"""The life of one question to the user, as a table.

    asked ──visible──▶ shown ──rested──▶ armed ──approve──▶ working ──end──▶ ended
                         ▲ ◀─unsettled─── │                   │ │ ▲
                         │ ◀─────────────────pin-rejected──── │ │ └─otp-given── otp
                         │                                    │ └───otp-asked───▶
                         └─token-back── unplugged             └─pin-locked─▶ locked

The rules the table holds:

1. Only `armed` can be approved. A question is armed after it has been visible, focused and
   undisturbed for `INERT_SECONDS`: a click or an Enter that was meant for another window, or that a
   page provoked, lands on an inert button (threat T24). Losing focus, getting it back, a token put
   back and a rejected PIN all begin that time anew.
2. A rejected PIN leads back to the user, never to another attempt (threat T25).
3. From every state that is not final the user can refuse, and the agent can end the question.
4. Time runs out only while the user is thinking, never while the token or the service works.
5. A service's one-time password is asked for only after an approval, and leaves only by the user's
   act. It needs no inert time: nothing can be sent from an empty field. A wrong one is asked for
   again from `working`; a PIN that the service rejects after it leads back to the question itself.
6. Nothing leads out of a final state, so a late click is never an approval.

`Consent` judges events; it owns no timer and no window. What the table does not list is
`OutOfOrderError`, which callers treat as a refusal.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    ASKED = "asked"  # the window is being made
    SHOWN = "shown"  # the user sees it; its confirming buttons are inert
    ARMED = "armed"  # the user can approve
    UNPLUGGED = "unplugged"  # the token was pulled; shown, cannot be approved
    LOCKED = "locked"  # the token takes no PIN any more; shown, cannot be approved
    WORKING = "working"  # approved; the same window shows the progress
    OTP = "otp"  # approved; the service's one-time password is being typed
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    ENDED = "ended"  # the agent ended it: done, failed or cancelled


class Event(StrEnum):
    VISIBLE = "visible"  # painted for the first time
    RESTED = "rested"  # undisturbed for INERT_SECONDS
    UNSETTLED = "unsettled"  # focus went or came
    TOKEN_GONE = "token-gone"  # noqa: S105 - the device, not a secret
    TOKEN_BACK = "token-back"  # noqa: S105 - the device, not a secret
    APPROVE = "approve"
    PIN_REJECTED = "pin-rejected"
    PIN_LOCKED = "pin-locked"
    OTP_ASKED = "otp-asked"
    OTP_GIVEN = "otp-given"
    REFUSE = "refuse"  # a button, Escape, the window closed or crashed
    TIME_OUT = "time-out"
    END = "end"


#: Seconds a question must have been before the user's eyes before it can be approved.
INERT_SECONDS: Final = 0.7

FINAL: Final = frozenset({State.REFUSED, State.TIMED_OUT, State.ENDED})

_ALWAYS: Final = {Event.REFUSE: State.REFUSED, Event.END: State.ENDED}
_THINKING: Final = _ALWAYS | {Event.TIME_OUT: State.TIMED_OUT}

TRANSITIONS: Final[dict[State, dict[Event, State]]] = {
    State.ASKED: _THINKING | {Event.VISIBLE: State.SHOWN},
    State.SHOWN: _THINKING
    | {
        Event.RESTED: State.ARMED,
        Event.UNSETTLED: State.SHOWN,
        Event.TOKEN_GONE: State.UNPLUGGED,
        Event.TOKEN_BACK: State.SHOWN,
        Event.PIN_LOCKED: State.LOCKED,
    },
    State.ARMED: _THINKING
    | {
        Event.UNSETTLED: State.SHOWN,
        Event.TOKEN_GONE: State.UNPLUGGED,
        Event.TOKEN_BACK: State.SHOWN,
        Event.APPROVE: State.WORKING,
    },
    State.UNPLUGGED: _THINKING
    | {
        Event.UNSETTLED: State.UNPLUGGED,
        Event.TOKEN_GONE: State.UNPLUGGED,
        Event.TOKEN_BACK: State.SHOWN,
    },
    State.LOCKED: _THINKING
    | {
        Event.UNSETTLED: State.LOCKED,
        Event.TOKEN_GONE: State.LOCKED,
        Event.TOKEN_BACK: State.LOCKED,
    },
    State.WORKING: _ALWAYS
    | {
        Event.UNSETTLED: State.WORKING,
        # The token itself tells the use case that it has gone; the window need not decide.
        Event.TOKEN_GONE: State.WORKING,
        Event.TOKEN_BACK: State.WORKING,
        Event.PIN_REJECTED: State.SHOWN,
        Event.PIN_LOCKED: State.LOCKED,
        Event.OTP_ASKED: State.OTP,
    },
    State.OTP: _THINKING
    | {
        Event.UNSETTLED: State.OTP,
        Event.OTP_GIVEN: State.WORKING,
    },
    State.REFUSED: {},
    State.TIMED_OUT: {},
    State.ENDED: {},
}


class OutOfOrderError(Exception):
    """An event that the table does not allow in this state."""


class Consent:
    """Where one question stands. Times are seconds of any monotonic clock."""

    __slots__ = ("_inert_seconds", "_undisturbed_since", "state")

    def __init__(self, *, inert_seconds: float = INERT_SECONDS) -> None:
        self.state = State.ASKED
        self._inert_seconds = inert_seconds
        self._undisturbed_since = 0.0

    @property
    def finished(self) -> bool:
        return self.state in FINAL

    def allows(self, event: Event) -> bool:
        return event in TRANSITIONS[self.state]

    def inert_for(self, *, at: float) -> float:
        """Seconds that are missing before `rested` is accepted; 0 or less when it is."""
        return self._undisturbed_since + self._inert_seconds - at

    def receive(self, event: Event, *, at: float) -> State:
        """The state after `event`. Raises OutOfOrderError and stays where it was."""
        following = TRANSITIONS[self.state].get(event)
        if following is None:
            raise OutOfOrderError(f"{event} while {self.state}")
        if event is Event.RESTED and self.inert_for(at=at) > 0:
            raise OutOfOrderError(f"{event} {self.inert_for(at=at):.3f} s too early")
        if following is State.SHOWN:
            self._undisturbed_since = at
        self.state = following
        return following
