"""Frames to messages and back, as the agent reads and writes them; pure (SPEC 2).

A frame is one text message of a WebSocket: a JSON object in UTF-8. What a client sends is checked
against the strict types of `protocol.messages`:

    size        before anything else is looked at                        message_too_large
    nesting     what is deeper than any message is not read              invalid_request
    JSON        RFC 8259, without unpaired surrogates                    parse_error
    envelope    jsonrpc, id, method, params, and nothing more            invalid_request
    method      one of METHODS                                           method_not_found
    params      the method's, and nothing more                           invalid_params
    keys        none twice: parsers disagree about which one counts      invalid_request

An error names the place in the message, never its content. The work done for a frame is linear in
its length, whatever is in it: no page may keep the agent busy by a cunning string.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct, UnsetType

from protocol.errors import ProtocolError
from protocol.limits import MAX_JSON_DEPTH, MAX_MESSAGE_BYTES
from protocol.messages import Notification, Request, RequestId
from protocol.methods import METHODS


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


class _Identified(Struct):
    """Just enough of a message to answer it."""

    id: RequestId


_ENCODER: Final = msgspec.json.Encoder()
_REQUEST: Final = msgspec.json.Decoder(Request)
_ANYTHING: Final = msgspec.json.Decoder()
_IDENTIFIED: Final = msgspec.json.Decoder(_Identified)
_PARAMS: Final = {name: msgspec.json.Decoder(m.params) for name, m in METHODS.items()}

#: A string, also one that does not end, or a bracket. Possessive, and so linear.
_PIECE: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
#: Brackets outside strings after which a frame is taken for tangled; messages have a few.
_MOST_BRACKETS: Final = 1024
#: Colons in a request, those in its texts included: names and reasons are short, base64 has none.
_MOST_COLONS: Final = 4096

_PATH: Final = re.compile(r".* - at `\$(?P<steps>(?:\.\w+|\[[.\w]*\])*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.(\w+)|(\[[.\w]*\])")
#: Decoders beyond Python's own depth, and beyond its largest integers.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)


def decode_request(frame: str | bytes, *, limit: int = MAX_MESSAGE_BYTES) -> Call:
    """Raises BadFrame with message_too_large, parse_error, invalid_request, method_not_found or
    invalid_params; `details["at"]` is the place, as in `$.params.filter.mst`.
    """
    data = _octets(frame)
    if len(data) > limit:
        raise BadFrame(ProtocolError("message_too_large", limit=limit), None)
    if _tangled(data):
        raise BadFrame(ProtocolError("invalid_request", at="$"), None)
    try:
        request = _REQUEST.decode(data)
    except msgspec.ValidationError as error:
        wrong = ProtocolError("invalid_request", at=_place("$", error, Request))
        raise BadFrame(wrong, readable_id(data)) from None
    except _UNREADABLE:
        raise BadFrame(ProtocolError("parse_error"), None) from None
    method = METHODS.get(request.method)
    if method is None:
        raise BadFrame(ProtocolError("method_not_found"), request.id)
    raw = b"{}" if isinstance(request.params, UnsetType) else request.params
    try:
        params = _PARAMS[request.method].decode(raw)
    except msgspec.ValidationError as error:
        wrong = ProtocolError("invalid_params", at=_place("$.params", error, method.params))
        raise BadFrame(wrong, request.id) from None
    except _UNREADABLE:
        raise BadFrame(ProtocolError("parse_error"), None) from None
    if _has_a_key_twice(data):
        # Its id may be one of the keys that are there twice.
        raise BadFrame(ProtocolError("invalid_request", at="$"), None)
    return Call(id=request.id, method=request.method, params=params)


def readable_id(frame: str | bytes) -> RequestId | None:
    """The id of a frame that will not be looked at further; None where there is none to trust."""
    try:
        return _IDENTIFIED.decode(_octets(frame)).id
    except (msgspec.ValidationError, *_UNREADABLE):
        return None


def encode(message: Struct) -> str:
    return _ENCODER.encode(message).decode()


def encode_request(request_id: RequestId, method: str, params: Struct) -> str:
    return _ENCODER.encode(
        {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    ).decode()


def encode_notification(params: Struct, method: str) -> str:
    return encode(Notification(method=method, params=params))


def _octets(frame: str | bytes) -> bytes:
    # An unpaired surrogate becomes bytes that no UTF-8 decoder accepts.
    return frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame


def _tangled(data: bytes) -> bool:
    """Nested deeper, or of far more pieces, than any message. Brackets in strings do not count."""
    if data.count(b"{") + data.count(b"[") <= MAX_JSON_DEPTH:
        return False
    depth = brackets = 0
    for piece in _PIECE.finditer(data):
        match data[piece.start()]:
            case 0x5B | 0x7B:
                depth += 1
                brackets += 1
            case 0x5D | 0x7D:
                depth -= 1
        if depth > MAX_JSON_DEPTH or brackets > _MOST_BRACKETS:
            return True
    return False


def _has_a_key_twice(data: bytes) -> bool:
    """Of a message whose types are right, and whose keys therefore are few."""
    colons = data.count(b":")
    if colons > _MOST_COLONS:
        return True
    # Most have a colon for each key that is left when the last of equals has won, and no other.
    if colons == _keys(_ANYTHING.decode(data)):
        return False
    try:
        json.loads(data, object_pairs_hook=_unique)
    except ValueError:
        return True
    return False


def _keys(value: object) -> int:
    """In it, and in what is nested in it; never more than the colons that it was read from."""
    match value:
        case dict():
            return len(value) + sum(map(_keys, value.values()))
        case list():
            return sum(map(_keys, value))
        case _:
            return 0


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is there twice")


def _place(root: str, error: msgspec.ValidationError, message: type[Struct]) -> str:
    """Where it is wrong. msgspec ends its texts with a path; the rest repeats what the page sent.

    So could a path, of a key made to look like one: only names of our own fields are kept.
    """
    found = _PATH.fullmatch(str(error))
    if found is None:
        return root
    known = _field_names(message)
    place = root
    for name, index in _STEP.findall(found["steps"]):
        if name and name not in known:
            break
        place += f".{name}" if name else index[:8]
    return place


def _field_names(message: type[Struct]) -> set[str]:
    """Of the message and of what is nested in it."""
    names: set[str] = set()
    for field in msgspec.structs.fields(message):
        names.add(field.encode_name)
        for nested in _structs(field.type):
            names |= _field_names(nested)
    return names


def _structs(kind: Any) -> Iterator[type[Struct]]:
    """Those that values of a field's type are, or hold."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for inner in get_args(kind):
        yield from _structs(inner)
