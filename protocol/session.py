"""One connection, as the agent keeps it: what may happen when, without any I/O (SPEC 3, 4, 6).

The theory
----------
A connection is in one of four states, and `TRANSITIONS` says what may happen in each. Nothing is
answered before `hello`, which has HELLO_SECONDS; while the agent thinks about a `hello` nothing
else is taken; a refused one may be said again. OPEN lasts until somebody ends it. CLOSED is final.

Beside the state, and only of interest in OPEN, there are

    rights    what the user allowed: NONE, SITE, FIRST_PARTY; METHODS names what each method needs
    pending   the requests without an answer: ids that do not repeat, at most MAX_PENDING

and always two bounds on bad manners: a token bucket of frames per second, and MAX_VIOLATIONS
frames that were no requests.

What holds, whatever comes in (tests/properties/test_session.py):

    1.  every request that is handed out by `Run` is answered once, by `reply` or `fail`
    2.  a request that is not handed out is answered at once, with its id if it has one
    3.  `Abort` names only a request that is still unanswered; it must be answered all the same
    4.  nothing is sent or handed out after CLOSED; everything unanswered is aborted on the way
    5.  a method that needs more than the rights of the moment is never handed out

How the agent drives it
-----------------------
The shell hands in frames and the clock, and carries out the actions that come back, in order:

    session = Session(now=time.monotonic(), native=origin is None)
    for action in session.receive(frame, now):        # or session.tick(now), at session.deadline
        match action:
            case Run():    start the command; later carry out session.reply(id, result)
                           or session.fail(id, error)
            case Abort():  stop that command, close its window; then session.fail(id, cancelled)
            case Send():   write the text
            case Close():  close the WebSocket with that code
    session.closed()       when the connection is lost: what is to be aborted

The `reply` to a `hello` opens the session with the rights that the HelloResult names. `grant` says
that the user changed them. What a command answers after its connection has ended is dropped here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct

from protocol.codec import (
    BadFrame,
    Call,
    decode_request,
    encode,
    encode_notification,
    readable_id,
)
from protocol.errors import ProtocolError
from protocol.limits import (
    HELLO_SECONDS,
    MAX_HELLO_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_PENDING,
    MAX_VIOLATIONS,
    REQUEST_BURST,
    REQUESTS_PER_SECOND,
)
from protocol.messages import (
    CancelParams,
    CancelResult,
    ErrorReply,
    HelloParams,
    HelloResult,
    Progress,
    Reply,
    RequestId,
    Rights,
)
from protocol.methods import METHODS, NOTIFICATIONS

#: RFC 6455 §7.4.1
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009


class State(StrEnum):
    AWAITING_HELLO = "awaiting hello"
    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


class Event(StrEnum):
    # from the client
    HELLO = "hello"
    REQUEST = "any other request"
    CANCEL = "cancel"
    # from the agent
    HELLO_ACCEPTED = "hello accepted"
    HELLO_REFUSED = "hello refused"
    # from either side, or from the clock
    DEADLINE = "no hello in time"
    GIVEN_UP = "too large, or too many violations"
    LOST = "connection lost"


TRANSITIONS: Final[dict[State, dict[Event, State]]] = {
    State.AWAITING_HELLO: {
        Event.HELLO: State.GREETING,
        Event.DEADLINE: State.CLOSED,
        Event.GIVEN_UP: State.CLOSED,
        Event.LOST: State.CLOSED,
    },
    State.GREETING: {
        Event.HELLO_ACCEPTED: State.OPEN,
        Event.HELLO_REFUSED: State.AWAITING_HELLO,
        Event.CANCEL: State.GREETING,
        Event.DEADLINE: State.CLOSED,
        Event.GIVEN_UP: State.CLOSED,
        Event.LOST: State.CLOSED,
    },
    State.OPEN: {
        Event.REQUEST: State.OPEN,
        Event.CANCEL: State.OPEN,
        Event.GIVEN_UP: State.CLOSED,
        Event.LOST: State.CLOSED,
    },
    State.CLOSED: {},
}

#: What a request is told for which the table has no place.
REFUSALS: Final[dict[tuple[State, Event], str]] = {
    (State.AWAITING_HELLO, Event.REQUEST): "hello_required",
    (State.AWAITING_HELLO, Event.CANCEL): "hello_required",
    (State.GREETING, Event.HELLO): "invalid_request",
    (State.GREETING, Event.REQUEST): "hello_required",
    (State.OPEN, Event.HELLO): "invalid_request",
}

_ORDER: Final = (Rights.NONE, Rights.SITE, Rights.FIRST_PARTY)


@dataclass(frozen=True, slots=True)
class Run:
    id: RequestId
    method: str
    params: Struct


@dataclass(frozen=True, slots=True)
class Abort:
    id: RequestId


@dataclass(frozen=True, slots=True)
class Send:
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    reason: str


Action: TypeAlias = Run | Abort | Send | Close


class Session:
    """Not thread-safe; `now` is any monotonic clock, in seconds."""

    def __init__(self, *, now: float, native: bool) -> None:
        self.state = State.AWAITING_HELLO
        self.rights = Rights.NONE
        self._native = native
        self._deadline = now + HELLO_SECONDS
        self._pending: dict[RequestId, str] = {}
        self._bucket = _Bucket(now)
        self._violations = 0

    @property
    def pending(self) -> frozenset[RequestId]:
        """The requests that were handed out and are unanswered."""
        return frozenset(self._pending)

    @property
    def deadline(self) -> float | None:
        """When to call `tick`; None where no time is running."""
        return self._deadline if Event.DEADLINE in TRANSITIONS[self.state] else None

    def tick(self, now: float) -> list[Action]:
        if self.deadline is None or now < self._deadline:
            return []
        return self._end(Event.DEADLINE, POLICY_VIOLATION, "no hello in time")

    def receive(self, frame: str | bytes, now: float) -> list[Action]:
        """What to do about one text frame."""
        if self.state is State.CLOSED:
            return []
        if not self._bucket.take(now):
            return self._violation(self._answerable(frame), ProtocolError("rate_limited"))
        limit = MAX_MESSAGE_BYTES if self.state is State.OPEN else MAX_HELLO_BYTES
        try:
            call = decode_request(frame, limit=limit)
        except BadFrame as bad:
            return self._refuse(bad)
        if call.id in self._pending:
            return self._violation(None, ProtocolError("invalid_request", at="$.id"))
        return self._take(call)

    def grant(self, rights: Rights) -> None:
        """The user allowed more, or took it back."""
        if self.state is State.OPEN:
            self.rights = rights

    def reply(self, request_id: RequestId, result: Struct) -> list[Action]:
        """Empty if the request was answered already or the connection is closed."""
        if self._pending.pop(request_id, None) is None:
            return []
        if isinstance(result, HelloResult):
            self._move(Event.HELLO_ACCEPTED)
            self.rights = result.rights
        return [Send(encode(Reply(id=request_id, result=result)))]

    def fail(self, request_id: RequestId, error: ProtocolError) -> list[Action]:
        """As `reply`."""
        method = self._pending.pop(request_id, None)
        if method is None:
            return []
        if method == "hello":
            self._move(Event.HELLO_REFUSED)
        return self._error(request_id, error)

    def notify(self, method: str, params: Struct) -> list[Action]:
        """Empty where the connection has no right to know, or its request is answered."""
        if self.state is not State.OPEN or not _covers(self.rights, NOTIFICATIONS[method].rights):
            return []
        if isinstance(params, Progress) and params.request not in self._pending:
            return []
        return [Send(encode_notification(params, method))]

    def closed(self) -> list[Action]:
        """The connection is lost: everything unanswered is to be aborted."""
        return [] if self.state is State.CLOSED else self._aborts(Event.LOST)

    def _refuse(self, bad: BadFrame) -> list[Action]:
        if bad.error.code == "message_too_large":
            told = self._error(None, bad.error)
            return [*told, *self._end(Event.GIVEN_UP, TOO_BIG, bad.error.code)]
        if bad.id is None or bad.id in self._pending:
            return self._violation(None, bad.error)
        return self._error(bad.id, bad.error)

    def _take(self, call: Call) -> list[Action]:
        event = _event(call)
        if event not in TRANSITIONS[self.state]:
            code = REFUSALS[self.state, event]
            return self._error(call.id, ProtocolError(code, at="$.method"))
        if isinstance(call.params, CancelParams):
            return self._cancel(call.id, call.params.request)
        refusal = self._refusal(call.method)
        if refusal is not None:
            return self._error(call.id, refusal)
        self._move(event)
        self._pending[call.id] = call.method
        return [Run(call.id, call.method, call.params)]

    def _refusal(self, name: str) -> ProtocolError | None:
        method = METHODS[name]
        if method.native_only and not self._native:
            return ProtocolError("not_allowed", needs="native")
        if not _covers(self.rights, method.rights):
            return ProtocolError("not_allowed", needs=str(method.rights))
        if len(self._pending) >= MAX_PENDING:
            return ProtocolError("too_many_pending", limit=MAX_PENDING)
        return None

    def _cancel(self, request_id: RequestId, target: RequestId) -> list[Action]:
        found = target in self._pending
        answer = Send(encode(Reply(id=request_id, result=CancelResult(cancelled=found))))
        return [Abort(target), answer] if found else [answer]

    def _answerable(self, frame: str | bytes) -> RequestId | None:
        """The id of a frame that is refused unread, unless it is that of another request."""
        request_id = readable_id(frame)
        return None if request_id in self._pending else request_id

    def _violation(self, request_id: RequestId | None, error: ProtocolError) -> list[Action]:
        self._violations += 1
        told = self._error(request_id, error)
        if self._violations < MAX_VIOLATIONS:
            return told
        return [*told, *self._end(Event.GIVEN_UP, POLICY_VIOLATION, error.code)]

    def _error(self, request_id: RequestId | None, error: ProtocolError) -> list[Action]:
        return [Send(encode(ErrorReply(id=request_id, error=error.to_wire())))]

    def _end(self, event: Event, code: int, reason: str) -> list[Action]:
        return [*self._aborts(event), Close(code, reason)]

    def _aborts(self, event: Event) -> list[Action]:
        self._move(event)
        aborts: list[Action] = [Abort(request_id) for request_id in self._pending]
        self._pending.clear()
        return aborts

    def _move(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state][event]


class _Bucket:
    """Tokens that a burst may use up and time gives back (SPEC 3.4)."""

    def __init__(self, now: float) -> None:
        self._tokens = float(REQUEST_BURST)
        self._filled = now

    def take(self, now: float) -> bool:
        gained = max(0.0, now - self._filled) * REQUESTS_PER_SECOND
        self._tokens = min(float(REQUEST_BURST), self._tokens + gained)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _event(call: Call) -> Event:
    match call.params:
        case HelloParams():
            return Event.HELLO
        case CancelParams():
            return Event.CANCEL
        case _:
            return Event.REQUEST


def _covers(rights: Rights, needed: Rights) -> bool:
    return _ORDER.index(rights) >= _ORDER.index(needed)
