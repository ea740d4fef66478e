"""Documents in binary messages: the frames, and the flow control of both ends; no I/O (SPEC 10).

    [1][flags][number][size, in the first][payload]   a piece of a content
    [2][total]                                        so much payload was taken, of all contents
    [3][number]                                       by its sender: given up, or to be forgotten
    [4][number]                                       by its receiver: no more of it, please

Numbers are 4 octets and totals 8, the highest first. Each end has a `Sending` and a `Receiving`:

    number = sending.begin(size)                      while (room := sending.room(number)) is None:
    frame = sending.piece(number, payload[:room])         wait for credit
    sending.credit(total)                             raises BadContent

    came = receiving.take(piece)                      the piece, a `Refused`, or None: drop it
    frame = receiving.taken(len(piece.payload))       the credit to send, if it is time for one

What holds, whatever comes in (tests/properties/test_protocol_content.py): the pieces of a content
that `take` gives back are its octets in order, as many as were announced; no more payload than the
window is ever waiting to be taken; and what is sent keeps the other end's window too.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Final, TypeAlias

from protocol.errors import ProtocolError
from protocol.limits import (
    MAX_CONTENT_BYTES,
    MAX_CONTENTS,
    MAX_CONTENTS_UNDER_WAY,
    MAX_KEPT_BYTES,
    MAX_PIECE_BYTES,
    MIN_PIECE_BYTES,
    WINDOW_BYTES,
)

_PIECE: Final = struct.Struct(">BBI")
_SIZE: Final = struct.Struct(">Q")
_CREDIT: Final = struct.Struct(">BQ")
_NUMBER: Final = struct.Struct(">BI")
#: The largest frame that there is.
MAX_FRAME_BYTES: Final = _PIECE.size + _SIZE.size + MAX_PIECE_BYTES
#: Payload after which the other end is told: often enough that it never has to wait for it.
_CREDIT_STEP: Final = WINDOW_BYTES // 4


class Kind(IntEnum):
    PIECE = 1
    CREDIT = 2
    GIVEN_UP = 3
    UNWANTED = 4


class Flag(IntFlag):
    FIRST = 1
    LAST = 2
    DIGEST_ONLY = 4  # its hashes and its beginning are kept, not itself; in the first piece


_UNKNOWN_FLAGS: Final = 0xFF & ~int(Flag.FIRST | Flag.LAST | Flag.DIGEST_ONLY)


class BadContent(Exception):  # noqa: N818 - it is an answer to send, not a failure of ours
    """A frame that breaks the rules. `lost` is the content that is over by it, if one is."""

    def __init__(self, error: ProtocolError, *, lost: int | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.lost = lost


class OutOfBounds(BadContent):
    """One after which nothing that the other end sends can be taken any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    number: int
    payload: memoryview = field(repr=False)
    size: int | None = None  # of the whole content, in its first piece
    last: bool = False
    digest_only: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    total: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    number: int


@dataclass(frozen=True, slots=True)
class Unwanted:
    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A content that breaks no rule and is too much all the same; its pieces are dropped."""

    number: int
    error: ProtocolError


Frame: TypeAlias = Piece | Credit | GivenUp | Unwanted


def decode(frame: bytes) -> Frame:
    """Raises OutOfBounds message_too_large, BadContent invalid_request with `details["at"]`."""
    if len(frame) > MAX_FRAME_BYTES:
        raise OutOfBounds(ProtocolError("message_too_large", limit=MAX_FRAME_BYTES))
    match frame[:1]:
        case b"\x01":
            return _piece(frame)
        case b"\x02" if len(frame) == _CREDIT.size:
            return Credit(_CREDIT.unpack(frame)[1])
        case b"\x03" if len(frame) == _NUMBER.size:
            return GivenUp(_numbered(frame))
        case b"\x04" if len(frame) == _NUMBER.size:
            return Unwanted(_numbered(frame))
        case b"\x02" | b"\x03" | b"\x04":
            raise _malformed("length")
        case _:
            raise _malformed("kind")


def credit(total: int) -> bytes:
    return _CREDIT.pack(Kind.CREDIT, total)


def given_up(number: int) -> bytes:
    return _NUMBER.pack(Kind.GIVEN_UP, number)


def unwanted(number: int) -> bytes:
    return _NUMBER.pack(Kind.UNWANTED, number)


def piece(
    number: int,
    payload: bytes | memoryview,
    *,
    size: int | None = None,
    last: bool = False,
    digest_only: bool = False,
) -> bytes:
    """The frame; `size` makes it the first one. Nothing is checked."""
    flags = (Flag.LAST if last else 0) | (Flag.DIGEST_ONLY if digest_only else 0)
    if size is None:
        return b"".join((_PIECE.pack(Kind.PIECE, flags, number), payload))
    head = _PIECE.pack(Kind.PIECE, flags | Flag.FIRST, number) + _SIZE.pack(size)
    return b"".join((head, payload))


def _piece(frame: bytes) -> Piece:
    if len(frame) < _PIECE.size:
        raise _malformed("length")
    _, flags, number = _PIECE.unpack_from(frame)
    first = bool(flags & Flag.FIRST)
    if flags & _UNKNOWN_FLAGS or (flags & Flag.DIGEST_ONLY and not first):
        raise _malformed("flags", number)
    if number == 0:
        raise _malformed("number")
    start = _PIECE.size + (_SIZE.size if first else 0)
    if len(frame) < start:
        raise _malformed("length", number)
    payload = memoryview(frame)[start:]
    last = bool(flags & Flag.LAST)
    if len(payload) > MAX_PIECE_BYTES or (len(payload) < MIN_PIECE_BYTES and not last):
        raise _malformed("payload", number)
    return Piece(
        number=number,
        payload=payload,
        size=_SIZE.unpack_from(frame, _PIECE.size)[0] if first else None,
        last=last,
        digest_only=bool(flags & Flag.DIGEST_ONLY),
    )


def _numbered(frame: bytes) -> int:
    number: int = _NUMBER.unpack(frame)[1]
    if number == 0:
        raise _malformed("number")
    return number


def _malformed(at: str, lost: int | None = None) -> BadContent:
    return BadContent(ProtocolError("invalid_request", at=at), lost=lost)


@dataclass(slots=True)
class _Coming:
    size: int
    digest_only: bool
    came: int = 0
    dropped: bool = False  # refused: its pieces are passed over until the last one

    @property
    def holds(self) -> int:
        return 0 if self.digest_only or self.dropped else self.size


class Receiving:
    """What one end is sent. `keeping` contents that are whole, until they are forgotten; an end
    that takes each away when it is whole says False.
    """

    def __init__(self, *, keeping: bool = True) -> None:
        self._keeping = keeping
        self._coming: dict[int, _Coming] = {}
        self._kept: dict[int, int] = {}  # octets that each holds
        self._held = 0
        self._came = 0
        self._taken = 0
        self._told = 0

    def is_coming(self, number: int) -> bool:
        """Whether it has begun, and its last piece has not come."""
        return number in self._coming

    def take(self, piece: Piece) -> Piece | Refused | None:
        """The piece, a refusal of the content that it begins, or None for one to be dropped.

        What is dropped was taken: the caller says so by `taken`. Raises BadContent; OutOfBounds
        when there was no credit for it.
        """
        self._came += len(piece.payload)
        if self._came > self._told + WINDOW_BYTES:
            raise OutOfBounds(ProtocolError("invalid_request", at="credit"), lost=piece.number)
        refused = None
        if piece.size is not None:
            refused = self._begun(piece.number, piece.size, digest_only=piece.digest_only)
        coming = self._coming.get(piece.number)
        if coming is None:
            raise BadContent(ProtocolError("content_unknown"))
        coming.came += len(piece.payload)
        if coming.came > coming.size or (piece.last and coming.came < coming.size):
            self.forget(piece.number)
            raise BadContent(ProtocolError("content_incomplete"), lost=piece.number)
        if piece.last:
            self._ended(piece.number, coming)
        if coming.dropped:
            return refused
        return piece

    def taken(self, payload: int) -> bytes | None:
        """The credit to be sent after so many more octets of payload were dealt with, if any."""
        self._taken += payload
        if self._taken - self._told < _CREDIT_STEP:
            return None
        self._told = self._taken
        return credit(self._told)

    def refuse(self, number: int) -> None:
        """What comes of it is dropped, and what came is forgotten."""
        coming = self._coming.get(number)
        if coming is None:
            self.forget(number)
        elif not coming.dropped:
            self._held -= coming.holds
            coming.dropped = True

    def forget(self, number: int) -> None:
        """Its number may be used again. One that is not there does no harm: it may have been
        refused on the way.
        """
        coming = self._coming.pop(number, None)
        self._held -= coming.holds if coming is not None else self._kept.pop(number, 0)

    def _begun(self, number: int, size: int, *, digest_only: bool) -> Refused | None:
        if number in self._coming or number in self._kept:
            self.forget(number)
            raise BadContent(ProtocolError("invalid_request", at="number"), lost=number)
        if len(self._coming) >= MAX_CONTENTS_UNDER_WAY:
            raise BadContent(ProtocolError("too_many_contents", limit=MAX_CONTENTS_UNDER_WAY))
        problem = self._too_much(size, digest_only=digest_only)
        coming = _Coming(size, digest_only, dropped=problem is not None)
        self._coming[number] = coming
        self._held += coming.holds
        return None if problem is None else Refused(number, problem)

    def _too_much(self, size: int, *, digest_only: bool) -> ProtocolError | None:
        if size > MAX_CONTENT_BYTES:
            return ProtocolError("content_too_large", limit=MAX_CONTENT_BYTES)
        if not self._keeping:
            return None
        if len(self._coming) + len(self._kept) >= MAX_CONTENTS:
            return ProtocolError("too_many_contents", limit=MAX_CONTENTS)
        if not digest_only and self._held + size > MAX_KEPT_BYTES:
            return ProtocolError("content_too_large", limit=MAX_KEPT_BYTES - self._held)
        return None

    def _ended(self, number: int, coming: _Coming) -> None:
        del self._coming[number]
        if self._keeping and not coming.dropped:
            self._kept[number] = coming.holds
        else:
            self._held -= coming.holds


@dataclass(slots=True)
class _Going:
    size: int
    digest_only: bool
    sent: int = 0
    begun: bool = False


class Sending:
    """What one end sends. Numbers are not used twice."""

    def __init__(self) -> None:
        self._last_number = 0
        self._going: dict[int, _Going] = {}
        self._sent = 0
        self._credited = 0

    def begin(self, size: int, *, digest_only: bool = False) -> int:
        """The number of a content whose pieces will follow. Raises ValueError."""
        if not 0 <= size <= MAX_CONTENT_BYTES:
            raise ValueError(f"a content of {size} bytes")
        self._last_number += 1
        self._going[self._last_number] = _Going(size, digest_only)
        return self._last_number

    def is_going(self, number: int) -> bool:
        """Whether pieces of it are still to be sent."""
        return number in self._going

    def room(self, number: int) -> int | None:
        """The octets that its next piece has; None: there is no credit for it yet."""
        going = self._going[number]
        left = going.size - going.sent
        room = min(left, MAX_PIECE_BYTES, WINDOW_BYTES - (self._sent - self._credited))
        return room if room >= min(left, MIN_PIECE_BYTES) else None

    def piece(self, number: int, payload: bytes | memoryview) -> bytes:
        """The frame of its next piece. Raises ValueError for what `room` did not allow."""
        going = self._going[number]
        if len(payload) != self.room(number):
            raise ValueError(f"a piece of {len(payload)} bytes where {self.room(number)} are due")
        frame = piece(
            number,
            payload,
            size=None if going.begun else going.size,
            last=going.sent + len(payload) == going.size,
            digest_only=going.digest_only and not going.begun,
        )
        going.begun = True
        going.sent += len(payload)
        self._sent += len(payload)
        if going.sent == going.size:
            del self._going[number]
        return frame

    def credit(self, total: int) -> None:
        """Raises BadContent for less than before, and for more than was sent."""
        if not self._credited <= total <= self._sent:
            raise BadContent(ProtocolError("invalid_request", at="credit"))
        self._credited = total

    def give_up(self, number: int) -> bytes | None:
        """The frame that says so; None where the other end has not heard of it."""
        going = self._going.pop(number, None)
        return given_up(number) if going is None or going.begun else None
