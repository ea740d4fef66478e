"""Frames to messages and back, on both ends; pure (SPEC 2).

A frame is one text message of a WebSocket: a JSON object in UTF-8. What a client sends is checked
against the strict types of `protocol.messages`; an error names the place, never the content.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from protocol.errors import ProtocolError
from protocol.limits import MAX_JSON_DEPTH, MAX_MESSAGE_BYTES
from protocol.messages import (
    METHODS,
    NOTIFICATIONS,
    ErrorObject,
    ErrorReply,
    Notification,
    Reply,
    Request,
    RequestId,
)

_ENCODER: Final = msgspec.json.Encoder()
_REQUEST: Final = msgspec.json.Decoder(Request)
_LOOSE: Final = msgspec.json.Decoder()
_INCOMING: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_STRUCTURE: Final = re.compile(rb"[\[\]{}]")
_ID: Final = msgspec.json.Decoder(RequestId | None)


class BadFrame(Exception):  # noqa: N818 - it is an answer to send, not a failure of ours
    """A frame that is not a request. `id` is the request's where it could be read, else None."""

    def __init__(self, error: ProtocolError, request_id: RequestId | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A well-formed request of a known method."""

    id: RequestId
    method: str
    params: Struct


def decode_request(frame: str | bytes, *, limit: int = MAX_MESSAGE_BYTES) -> Call:
    """Raises BadFrame with message_too_large, parse_error, invalid_request, method_not_found or
    invalid_params (details: `at`, the place).
    """
    data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    if len(data) > limit:
        raise BadFrame(ProtocolError("message_too_large", limit=limit), None)
    if _too_deep(data):
        raise BadFrame(ProtocolError("parse_error"), None)
    try:
        request = _REQUEST.decode(data)
    except msgspec.ValidationError as error:
        raise BadFrame(
            ProtocolError("invalid_request", at=_place(error)), _readable_id(data)
        ) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadFrame(ProtocolError("parse_error"), None) from None
    method = METHODS.get(request.method)
    if method is None:
        raise BadFrame(ProtocolError("method_not_found"), request.id)
    raw = {} if request.params is msgspec.UNSET else request.params
    try:
        params = msgspec.convert(raw, method.params, strict=True)
    except msgspec.ValidationError as error:
        raise BadFrame(ProtocolError("invalid_params", at=_place(error)), request.id) from None
    return Call(id=request.id, method=request.method, params=params)


def encode(message: Struct) -> str:
    return _ENCODER.encode(message).decode()


def encode_request(request_id: RequestId, method: str, params: Struct) -> str:
    return _ENCODER.encode(
        {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    ).decode()


def encode_notification(params: Struct, method: str) -> str:
    return encode(Notification(method=method, params=params))


Incoming = Reply | ErrorReply | Notification


def decode_incoming(frame: str | bytes) -> Incoming:
    """What an agent sends, for clients: unknown fields are ignored (SPEC 2.4). A reply's `result`
    stays raw until its method is known. Raises ValueError for anything else.
    """
    try:
        parts = _INCOMING.decode(frame)
        if "method" in parts:
            method = msgspec.json.decode(parts["method"], type=str)
            params_type = NOTIFICATIONS.get(method)
            params: Any = parts.get("params")
            if params_type is not None and params is not None:
                params = msgspec.json.decode(params, type=params_type)
            return Notification(method=method, params=params)
        if "error" in parts:
            error = msgspec.json.decode(parts["error"], type=ErrorObject)
            return ErrorReply(id=_ID.decode(parts.get("id", msgspec.Raw(b"null"))), error=error)
        return Reply(id=msgspec.json.decode(parts["id"], type=RequestId), result=parts["result"])
    except (msgspec.MsgspecError, KeyError, UnicodeError) as error:
        raise ValueError("not a message of this protocol") from error


def _readable_id(data: bytes) -> RequestId | None:
    try:
        value = _LOOSE.decode(data)
        return msgspec.convert(value["id"], RequestId) if isinstance(value, dict) else None
    except (msgspec.MsgspecError, KeyError, RecursionError):
        return None


def _place(error: msgspec.ValidationError) -> str:
    """Msgspec ends its texts with the JSON path; the rest may repeat what the page sent."""
    text = str(error)
    _, found, path = text.rpartition(" - at `")
    if found:
        return path.rstrip("`")[:100]
    return "$"


def _too_deep(data: bytes) -> bool:
    """Nesting beyond the limit, counted outside strings."""
    depth = 0
    for bracket in _STRUCTURE.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"{[" else -1
        if depth > MAX_JSON_DEPTH:
            return True
    return False
