"""Whatever is sent in whatever pieces arrives the same, and whatever comes is within the bounds."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from protocol.content import (
    MAX_FRAME_BYTES,
    BadContent,
    Credit,
    GivenUp,
    OutOfBounds,
    Piece,
    Receiving,
    Refused,
    Sending,
    Unwanted,
    decode,
    piece,
)
from protocol.limits import (
    MAX_CONTENT_BYTES,
    MAX_CONTENTS_UNDER_WAY,
    MAX_PIECE_BYTES,
    MIN_PIECE_BYTES,
    WINDOW_BYTES,
)

DOCUMENTED = {
    "message_too_large",
    "invalid_request",
    "content_unknown",
    "content_incomplete",
    "too_many_contents",
}
HEADS = st.tuples(
    st.sampled_from([1, 1, 1, 2, 3, 4, 0, 255]), st.integers(0, 8), st.integers(0, 3)
).map(lambda parts: bytes([parts[0], parts[1]]) + parts[2].to_bytes(4, "big"))
SIZES = st.sampled_from([0, 1, 5000, MAX_CONTENT_BYTES, MAX_CONTENT_BYTES + 1, 2**64 - 1]).map(
    lambda size: size.to_bytes(8, "big")
)
FRAMES = st.binary(max_size=40) | st.builds(
    lambda *parts: b"".join(parts),
    HEADS,
    SIZES | st.just(b""),
    st.binary(max_size=20) | st.integers(0, 6000).map(bytes),
)


@given(st.lists(FRAMES, max_size=30))
@example([b"\x01" + bytes(MAX_FRAME_BYTES)])
@example([piece(1, bytes(4096), size=4097), piece(1, b"x", last=True), piece(1, b"")])
def test_garbage_has_only_documented_outcomes(frames):
    receiving, came, announced, codes = Receiving(), {}, {}, set()
    for frame in frames:
        try:
            found = decode(frame)
            outcome = receiving.take(found) if isinstance(found, Piece) else None
        except BadContent as bad:
            codes.add(bad.error.code)
            if bad.lost is not None:
                receiving.forget(bad.lost)
            continue
        match found:
            case Piece():
                if isinstance(outcome, Piece):
                    if outcome.size is not None:
                        announced[outcome.number], came[outcome.number] = outcome.size, 0
                    came[outcome.number] += len(outcome.payload)
                    assert came[outcome.number] <= announced[outcome.number]
                    assert not outcome.last or came[outcome.number] == announced[outcome.number]
                else:
                    assert outcome is None or isinstance(outcome, Refused)
                receiving.taken(len(found.payload))
            case GivenUp(number=number):
                receiving.forget(number)
            case other:
                assert isinstance(other, Credit | Unwanted)

    assert codes <= DOCUMENTED


@given(st.binary(max_size=300), st.lists(st.integers(0, 9), max_size=12))
def test_a_split_of_small_bytes_arrives_the_same(octets, sizes):
    """Pieces are large; the same splits, each octet standing for MIN_PIECE_BYTES of them."""
    whole = b"".join(bytes([octet]) * MIN_PIECE_BYTES for octet in octets)
    receiving, arrived, at, first = Receiving(), bytearray(), 0, True
    cuts = [max(1, size) * MIN_PIECE_BYTES for size in sizes]
    while first or at < len(whole):
        length = min(cuts.pop() if cuts else MAX_PIECE_BYTES, len(whole) - at)
        frame = piece(
            7,
            whole[at : at + length],
            size=len(whole) if first else None,
            last=at + length == len(whole),
        )
        came = receiving.take(decode(frame))
        assert isinstance(came, Piece)
        arrived += came.payload
        receiving.taken(length)
        at, first = at + length, False

    assert arrived == whole
    assert not receiving.is_coming(7)


class Transfer(RuleBasedStateMachine):
    """Two ends and the wire between them, which holds what is under way."""

    @initialize()
    def connect(self):
        self.sending, self.receiving = Sending(), Receiving(keeping=False)
        self.wire, self.back, self.waiting = [], [], 0
        self.whole, self.arrived, self.sent = {}, {}, {}
        self.on_the_way = 0
        self.over = set()

    @precondition(lambda self: len(self.whole) - len(self.over) < MAX_CONTENTS_UNDER_WAY)
    @rule(size=st.integers(0, 3) | st.integers(0, 2 * WINDOW_BYTES), fill=st.integers(0, 255))
    def begin(self, size, fill):
        number = self.sending.begin(size)
        self.whole[number] = (size, fill)
        self.sent[number], self.arrived[number] = 0, 0

    @precondition(lambda self: any(map(self.sending.is_going, self.whole)))
    @rule(data=st.data(), times=st.integers(1, 20))
    def send(self, data, times):
        going = [n for n in self.whole if self.sending.is_going(n)]
        number = data.draw(st.sampled_from(going))
        for _ in range(times):
            if not self.sending.is_going(number):
                return
            room = self.sending.room(number)
            if room is None:
                return
            fill = self.whole[number][1]
            self.wire.append(self.sending.piece(number, bytes([fill]) * room))
            self.on_the_way += room
            with pytest.raises((ValueError, KeyError)):
                self.sending.piece(number, bytes(MAX_PIECE_BYTES + 1))

    @precondition(lambda self: any(map(self.sending.is_going, self.whole)))
    @rule(data=st.data())
    def give_up(self, data):
        number = data.draw(st.sampled_from([n for n in self.whole if self.sending.is_going(n)]))
        frame = self.sending.give_up(number)
        self.over.add(number)
        if frame is not None:
            self.wire.append(frame)

    @precondition(lambda self: self.wire)
    @rule(count=st.integers(1, 30))
    def deliver(self, count):
        for frame in self.wire[:count]:
            match decode(frame):
                case GivenUp(number=number):
                    self.receiving.forget(number)
                case Piece() as found:
                    came = self.receiving.take(found)
                    assert came is found
                    size, fill = self.whole[found.number]
                    assert bytes(came.payload) == bytes([fill]) * len(came.payload)
                    assert found.size in {None, size}
                    self.arrived[found.number] += len(came.payload)
                    assert came.last == (self.arrived[found.number] == size)
                    if came.last:
                        self.over.add(found.number)
                    self.waiting += len(came.payload)
                case _:
                    raise AssertionError
        del self.wire[:count]

    @precondition(lambda self: self.waiting)
    @rule(share=st.floats(0, 1))
    def take(self, share):
        count = int(self.waiting * share)
        self.waiting -= count
        self.on_the_way -= count
        if (frame := self.receiving.taken(count)) is not None:
            self.back.append(frame)

    @precondition(lambda self: self.back)
    @rule()
    def credit(self):
        credited = decode(self.back.pop(0))
        assert isinstance(credited, Credit)
        self.sending.credit(credited.total)

    @invariant()
    def no_more_than_the_window_is_under_way(self):
        if hasattr(self, "wire"):
            assert self.on_the_way <= WINDOW_BYTES

    def teardown(self):
        """Nothing ever stands still: with everything taken, everything that was begun arrives."""
        if not hasattr(self, "wire"):
            return
        for number in self.whole:
            while self.sending.is_going(number):
                room = self.sending.room(number)
                if room is not None:
                    fill = self.whole[number][1]
                    self.wire.append(self.sending.piece(number, bytes([fill]) * room))
                    self.on_the_way += room
                    continue
                self.deliver(len(self.wire))
                self.take(1.0)
                assert self.back, "the sender waits for credit that never comes"
                while self.back:
                    self.credit()
        self.deliver(len(self.wire))
        assert all(n in self.over for n in self.whole)


Transfer.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestTransfer = Transfer.TestCase


@given(st.integers(0, 40))
def test_a_sender_that_does_not_wait_for_credit_is_noticed_in_time(credited):
    """However much was taken before, what waits is never more than the window."""
    receiving = Receiving()
    receiving.take(decode(piece(1, bytes(MAX_PIECE_BYTES), size=MAX_CONTENT_BYTES)))
    for _ in range(credited):
        receiving.taken(MAX_PIECE_BYTES)
        receiving.take(decode(piece(1, bytes(MAX_PIECE_BYTES))))

    def flood() -> None:
        for _ in range(WINDOW_BYTES // MAX_PIECE_BYTES):
            receiving.take(decode(piece(1, bytes(MAX_PIECE_BYTES))))

    with pytest.raises(OutOfBounds):
        flood()
