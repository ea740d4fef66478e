"""One connection, as the agent keeps it: what may happen when, without any I/O (SPEC 3, 4, 6).

              hello accepted                 close, violation, deadline
    GREETING ────────────────▶ OPEN ───────────────────────────────────▶ CLOSED
        └───────────────────────────────────────────────────────────────────┘

In GREETING only `hello` is answered, within HELLO_SECONDS. In OPEN a request is answered exactly
once, at most MAX_PENDING are unanswered, ids do not repeat among them, and a token bucket bounds
the rate. What a connection may ask depends on its rights. CLOSED is final.

The shell hands in frames and the clock and carries out the actions that come back:

    for action in session.receive(frame, now):
        match action:
            case Run():    start the command; later send(session.reply(id, result))
                           or send(session.fail(id, error))
            case Abort():  cancel the task of that request, then send(session.fail(id, cancelled))
            case Send():   write the text
            case Close():  close the WebSocket with that code
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from msgspec import Struct

from protocol.codec import BadFrame, Call, decode_request, encode, encode_notification
from protocol.errors import ProtocolError
from protocol.limits import (
    HELLO_SECONDS,
    MAX_HELLO_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_PENDING,
    REQUEST_BURST,
    REQUESTS_PER_SECOND,
)
from protocol.messages import (
    METHODS,
    CancelParams,
    CancelResult,
    ErrorReply,
    Reply,
    RequestId,
    Rights,
)

#: RFC 6455 §7.4.1
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
#: Frames that are no requests at all, before the connection is given up.
MAX_VIOLATIONS: Final = 8

_ORDER: Final = (Rights.NONE, Rights.SITE, Rights.FIRST_PARTY)


class State(Enum):
    GREETING = auto()
    OPEN = auto()
    CLOSED = auto()


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


Action = Run | Abort | Send | Close


class Session:
    """Not thread-safe; `now` is any monotonic clock, in seconds."""

    def __init__(self, *, now: float, native: bool) -> None:
        self.state = State.GREETING
        self.rights = Rights.NONE
        self._native = native
        self._deadline = now + HELLO_SECONDS
        self._pending: set[RequestId] = set()
        self._tokens = float(REQUEST_BURST)
        self._refilled = now
        self._violations = 0

    @property
    def pending(self) -> frozenset[RequestId]:
        return frozenset(self._pending)

    @property
    def deadline(self) -> float | None:
        """When to call `tick`; None once `hello` was accepted."""
        return self._deadline if self.state is State.GREETING else None

    def tick(self, now: float) -> list[Action]:
        if self.state is State.GREETING and now >= self._deadline:
            return self._close(POLICY_VIOLATION, "no hello in time")
        return []

    def receive(self, frame: str | bytes, now: float) -> list[Action]:
        """What to do about one text frame."""
        if self.state is State.CLOSED:
            return []
        limit = MAX_MESSAGE_BYTES if self.state is State.OPEN else MAX_HELLO_BYTES
        if not self._within_rate(now):
            return self._violation(ProtocolError("rate_limited"), None)
        try:
            call = decode_request(frame, limit=limit)
        except BadFrame as bad:
            if bad.error.code == "message_too_large":
                return [*self._error(None, bad.error), *self._close(TOO_BIG, "message too large")]
            if bad.id is None or bad.id in self._pending:
                return self._violation(bad.error, None)
            return self._error(bad.id, bad.error)
        return self._call(call)

    def opened(self, rights: Rights) -> None:
        """`hello` was accepted; call before `reply` to it."""
        if self.state is State.GREETING:
            self.state = State.OPEN
            self.rights = rights

    def grant(self, rights: Rights) -> None:
        """The user allowed more (or took it back)."""
        self.rights = rights

    def reply(self, request_id: RequestId, result: Struct) -> list[Action]:
        """Empty if the request was answered already or the connection is closed."""
        if not self._settle(request_id):
            return []
        return [Send(encode(Reply(id=request_id, result=result)))]

    def fail(self, request_id: RequestId, error: ProtocolError) -> list[Action]:
        if not self._settle(request_id):
            return []
        return self._error(request_id, error)

    def notify(self, method: str, params: Struct) -> list[Action]:
        if self.state is not State.OPEN:
            return []
        return [Send(encode_notification(params, method))]

    def closed(self) -> list[Action]:
        """The connection ended: everything unanswered is to be aborted."""
        self.state = State.CLOSED
        aborts: list[Action] = [Abort(request_id) for request_id in self._pending]
        self._pending.clear()
        return aborts

    def _call(self, call: Call) -> list[Action]:
        if call.id in self._pending:
            return self._violation(ProtocolError("invalid_request", at="$.id"), None)
        refusal = self._refusal(call)
        if refusal is not None:
            return self._error(call.id, refusal)
        if isinstance(call.params, CancelParams):
            return self._cancel(call.id, call.params.request)
        self._pending.add(call.id)
        return [Run(call.id, call.method, call.params)]

    def _refusal(self, call: Call) -> ProtocolError | None:
        greeting = call.method == "hello"
        if self.state is State.GREETING and not greeting:
            return ProtocolError("hello_required")
        if greeting and (self.state is State.OPEN or self._pending):
            return ProtocolError("invalid_request", at="$.method")
        if len(self._pending) >= MAX_PENDING and call.method != "cancel":
            return ProtocolError("too_many_pending", limit=MAX_PENDING)
        method = METHODS[call.method]
        weak = _ORDER.index(self.rights) < _ORDER.index(method.rights)
        if weak or (method.native_only and not self._native):
            return ProtocolError("not_allowed")
        return None

    def _cancel(self, request_id: RequestId, target: RequestId) -> list[Action]:
        found = target in self._pending
        answer: list[Action] = [
            Send(encode(Reply(id=request_id, result=CancelResult(cancelled=found))))
        ]
        return [Abort(target), *answer] if found else answer

    def _settle(self, request_id: RequestId) -> bool:
        if self.state is State.CLOSED or request_id not in self._pending:
            return False
        self._pending.remove(request_id)
        return True

    def _within_rate(self, now: float) -> bool:
        gained = (now - self._refilled) * REQUESTS_PER_SECOND
        self._tokens = min(float(REQUEST_BURST), self._tokens + gained)
        self._refilled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _violation(self, error: ProtocolError, request_id: RequestId | None) -> list[Action]:
        self._violations += 1
        said = self._error(request_id, error)
        if self._violations < MAX_VIOLATIONS:
            return said
        return [*said, *self._close(POLICY_VIOLATION, error.code)]

    def _error(self, request_id: RequestId | None, error: ProtocolError) -> list[Action]:
        return [Send(encode(ErrorReply(id=request_id, error=error.to_wire())))]

    def _close(self, code: int, reason: str) -> list[Action]:
        return [*self.closed(), Close(code, reason)]
