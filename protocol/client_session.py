"""One connection, as a client keeps it: questions out, answers and news in, without any I/O.

The other half of `protocol.session`, and as strict about what it accepts from the agent as
compatibility allows (SPEC 2.5, 9): unknown fields, news of unknown kinds and answers to questions
that nobody waits for any more are passed over; what is no message at all raises NotAMessage.

    asked = session.ask("tokens.list", Empty())      # write asked.frame, wait for asked.id
    match session.receive(frame):
        case Answered():     the outcome of one question: its result, or the error reply
        case Progressed():   where one question stands
        case Announced():    something that was subscribed to
        case Complaint():    an error that belongs to no question; the agent may hang up after it
        case None:           nothing for us
"""

from dataclasses import dataclass
from itertools import count
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct, UnsetType

from protocol.codec import encode_request
from protocol.errors import ProtocolError
from protocol.messages import (
    CancelParams,
    ErrorObject,
    Progress,
    RequestId,
)
from protocol.methods import METHODS, NOTIFICATIONS


class NotAMessage(ValueError):  # noqa: N818 - the name says what it is
    """What the other end sent is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Asked:
    id: RequestId
    frame: str


@dataclass(frozen=True, slots=True)
class Answered:
    id: RequestId
    outcome: Struct | ProtocolError


@dataclass(frozen=True, slots=True)
class Progressed:
    id: RequestId
    step: Progress


@dataclass(frozen=True, slots=True)
class Announced:
    method: str
    params: Struct


@dataclass(frozen=True, slots=True)
class Complaint:
    error: ProtocolError


Heard: TypeAlias = Answered | Progressed | Announced | Complaint


class _Incoming(Struct):
    """Whatever an agent sends; unknown fields are passed over."""

    jsonrpc: Literal["2.0"]
    id: RequestId | UnsetType | None = msgspec.UNSET
    method: str | UnsetType = msgspec.UNSET
    params: Raw | UnsetType = msgspec.UNSET
    result: Raw | UnsetType = msgspec.UNSET
    error: ErrorObject | UnsetType = msgspec.UNSET


_INCOMING: Final = msgspec.json.Decoder(_Incoming)
_RESULTS: Final = {name: msgspec.json.Decoder(m.result) for name, m in METHODS.items()}
_NEWS: Final = {name: msgspec.json.Decoder(n.params) for name, n in NOTIFICATIONS.items()}
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)


class ClientSession:
    def __init__(self) -> None:
        self._ids = count(1)
        self._asked: dict[RequestId, str] = {}

    @property
    def pending(self) -> frozenset[RequestId]:
        """The questions that are neither answered nor withdrawn."""
        return frozenset(self._asked)

    def ask(self, method: str, params: Struct) -> Asked:
        request_id = next(self._ids)
        frame = encode_request(request_id, method, params)
        self._asked[request_id] = method
        return Asked(request_id, frame)

    def withdraw(self, request_id: RequestId) -> str | None:
        """The frame that cancels a question; None if it was answered. Its answer is dropped."""
        if self._asked.pop(request_id, None) is None:
            return None
        return encode_request(next(self._ids), "cancel", CancelParams(request=request_id))

    def receive(self, frame: str | bytes) -> Heard | None:
        """Raises NotAMessage."""
        try:
            message = _INCOMING.decode(frame)
            if not isinstance(message.method, UnsetType):
                return self._news(message.method, message.params)
            return self._answer(message)
        except _UNREADABLE as error:
            raise NotAMessage("the agent sent what is no message of this protocol") from error

    def _news(self, method: str, params: Raw | UnsetType) -> Heard | None:
        decoder = _NEWS.get(method)
        if decoder is None or isinstance(params, UnsetType):
            return None
        try:
            news = decoder.decode(params)
        except msgspec.ValidationError:
            return None  # of a newer agent, such as a stage we have no name for
        if not isinstance(news, Progress):
            return Announced(method, news)
        return Progressed(news.request, news) if news.request in self._asked else None

    def _answer(self, message: _Incoming) -> Heard | None:
        if not isinstance(message.error, UnsetType):
            error = ProtocolError.from_wire(message.error)
            if message.id is None or isinstance(message.id, UnsetType):
                return Complaint(error)
            known = self._asked.pop(message.id, None)
            return Answered(message.id, error) if known else None
        if message.id is None or isinstance(message.id, UnsetType):
            raise NotAMessage("an answer without an id")
        if isinstance(message.result, UnsetType):
            raise NotAMessage("an answer without a result")
        method = self._asked.pop(message.id, None)
        if method is None:
            return None
        return Answered(message.id, _RESULTS[method].decode(message.result))
