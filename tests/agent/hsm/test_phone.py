import pytest

from agent.errors import UserError
from agent.hsm.phone import Waiting
from agent.hsm.provider import Authorisation, Credential
from agent.keys import Mechanism

AUTHORISATION = Authorisation(
    credential=Credential(id="1", certificate=b""), items=(), mechanism=Mechanism.RSA_PKCS1_SHA256
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_seconds_that_are_left_are_told_until_there_are_none() -> None:
    clock = Clock()
    waiting = Waiting(seconds=120.0, poll_after=2.0, clock=clock)
    pending = waiting.begin("handle", AUTHORISATION)
    assert (pending.seconds, pending.poll_after) == (120.0, 2.0)
    clock.now = 119.0
    pending = waiting.still(pending)
    assert (pending.seconds, pending.poll_after) == (1.0, 1.0)
    clock.now = 120.0
    with pytest.raises(UserError, match="phone_timeout"):
        waiting.still(pending)
    with pytest.raises(UserError, match="phone_timeout"):
        waiting.of(pending)


def test_the_service_s_handle_stays_inside() -> None:
    waiting = Waiting(seconds=120.0, poll_after=2.0)
    pending = waiting.begin("as good as the signature", AUTHORISATION)
    assert "as good as the signature" not in repr(pending)
    assert waiting.of(pending).handle == "as good as the signature"


def test_one_that_was_given_up_is_over() -> None:
    waiting = Waiting(seconds=120.0, poll_after=2.0)
    pending = waiting.begin("handle", AUTHORISATION)
    waiting.end(pending)
    waiting.end(pending)
    with pytest.raises(UserError, match="phone_timeout"):
        waiting.of(pending)
