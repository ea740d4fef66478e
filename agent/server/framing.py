"""Text frames to checked requests and back, with the rates that SPEC 3 allows."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from protocol.errors import ProtocolError
from protocol.limits import MAX_PENDING, REQUEST_BURST, REQUESTS_PER_SECOND
from protocol.messages import METHODS, ErrorReply, Notification, Reply, Request, RequestId

_decoder = msgspec.json.Decoder(Request)


class BadFrame(Exception):  # noqa: N818
    """A frame that is answered with an error at once; `id` is the request's, if it could be read."""

    def __init__(self, identifier: RequestId | None, error: ProtocolError) -> None:
        super().__init__(error.code)
        self.id = identifier
        self.error = error


class Framing:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._allowance = float(REQUEST_BURST)
        self._last = clock()
        self.pending: set[RequestId] = set()

    def request(self, frame: str) -> tuple[Request, Any]:
        """A request and its checked parameters. Raises BadFrame."""
        request = self._decoded(frame)
        method = METHODS.get(request.method)
        if method is None:
            raise BadFrame(request.id, ProtocolError("method_not_found", method=request.method))
        given = {} if request.params is msgspec.UNSET else request.params
        try:
            params = msgspec.convert(given, method.params)
        except msgspec.ValidationError as error:
            raise BadFrame(request.id, ProtocolError("invalid_params", why=str(error))) from error
        if request.method != "cancel":
            if request.id in self.pending:
                raise BadFrame(None, ProtocolError("invalid_request", why="the id is in use"))
            if len(self.pending) >= MAX_PENDING:
                raise BadFrame(request.id, ProtocolError("too_many_pending"))
        return request, params

    def _decoded(self, frame: str) -> Request:
        now = self._clock()
        self._allowance = min(
            REQUEST_BURST, self._allowance + (now - self._last) * REQUESTS_PER_SECOND
        )
        self._last = now
        try:
            request = _decoder.decode(frame)
        except msgspec.ValidationError as error:
            raise BadFrame(None, ProtocolError("invalid_request", why=str(error))) from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadFrame(None, ProtocolError("parse_error")) from error
        if self._allowance < 1:
            raise BadFrame(request.id, ProtocolError("rate_limited"))
        self._allowance -= 1
        return request


def reply(identifier: RequestId, result: msgspec.Struct) -> str:
    return msgspec.json.encode(Reply(id=identifier, result=result)).decode()


def failure(identifier: RequestId | None, error: ProtocolError) -> str:
    return msgspec.json.encode(ErrorReply(id=identifier, error=error.to_wire())).decode()


def notification(params: Any) -> str:
    return msgspec.json.encode(Notification(method=params.method, params=params)).decode()
