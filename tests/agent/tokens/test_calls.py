"""The frames between host and worker: whatever comes, it is a message or Garbled."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.keys import KeyType, Mechanism, PinState
from agent.tokens.calls import (
    HEADER,
    MAX_FRAME,
    MAX_PIN,
    Answer,
    Failed,
    Garbled,
    KeyRef,
    Login,
    Question,
    Sign,
    Signed,
    TokenRef,
    frame,
    frame_length,
    pin_frame,
    read_answer,
    read_question,
)

TOKEN = TokenRef(slot=7, label="Nhãn", manufacturer="M", model="T", serial="01")
KEY = KeyRef(key_id=b"\x01", key_type=KeyType.RSA, public=b"\xff" * 256)


def test_a_question_arrives_as_it_was_sent() -> None:
    sent = Question(number=3, call=Login(token=TOKEN, key=KEY, pin_follows=True))

    assert read_question(frame(sent)[HEADER.size :]) == sent


def test_an_answer_arrives_as_it_was_sent() -> None:
    sent = Answer(
        number=3, reply=Failed(code="pin_incorrect", reason="R", pin=PinState(final_try=True))
    )

    assert read_answer(frame(sent)[HEADER.size :]) == sent


@given(st.binary(max_size=MAX_PIN))
def test_a_pin_frame_is_the_pin_and_its_length(pin: bytes) -> None:
    framed = pin_frame(bytearray(pin))

    assert frame_length(bytes(framed[:4]), limit=MAX_PIN) == len(pin)
    assert bytes(framed[4:]) == pin


def test_a_pin_longer_than_any_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        pin_frame(bytearray(MAX_PIN + 1))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_an_answer_or_garbled(body: bytes) -> None:
    try:
        read_answer(body)
    except Garbled:
        return


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_question_or_garbled(body: bytes) -> None:
    try:
        read_question(body)
    except Garbled:
        return


@given(st.data())
def test_a_damaged_answer_is_an_answer_or_garbled(data: st.DataObject) -> None:
    whole = bytearray(frame(Answer(number=1, reply=Signed(signature=bytes(20))))[4:])
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        read_answer(bytes(whole))
    except Garbled:
        return


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 0xFFFFFFFF])
def test_an_announced_frame_above_the_limit_is_garbled(length: int) -> None:
    with pytest.raises(Garbled):
        frame_length(struct.pack(">I", length))


def test_our_own_frames_are_bounded_too() -> None:
    call = Sign(token=TOKEN, mechanism=Mechanism.RSA_PKCS1_SHA256, digest=bytes(MAX_FRAME))
    with pytest.raises(ValueError, match="frame"):
        frame(Question(number=1, call=call))


def test_a_token_is_the_same_in_another_slot_and_not_with_another_serial() -> None:
    moved = TokenRef(slot=1, label="Nhãn", manufacturer="M", model="T", serial="01")
    other = TokenRef(slot=7, label="Nhãn", manufacturer="M", model="T", serial="02")

    assert TOKEN.same_token(moved)
    assert not TOKEN.same_token(other)


def test_no_message_has_a_place_for_a_pin() -> None:
    """T22: what has a repr cannot hold a PIN."""
    fields = Login.__struct_fields__

    assert fields == ("token", "key", "pin_follows")
