"""Services are asked about accounts one at a time, and not all day long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from agent.server.client import Client
from agent.server.looking import Looking
from protocol.errors import ProtocolError
from protocol.limits import MAX_LOOKS_PER_MINUTE


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asking:
    """What `Looking` sees of a client."""

    looking = False


def client() -> Client:
    return cast("Client", Asking())


@contextmanager
def refused(code: str) -> Iterator[dict[str, object]]:
    details: dict[str, object] = {}
    with pytest.raises(ProtocolError) as error:
        yield details
    assert error.value.code == code
    details.update(error.value.details)


def test_one_at_a_time_on_a_connection() -> None:
    looking, one, other = Looking(), client(), client()

    with looking.counted(one):
        with refused("too_many_pending"), looking.counted(one):
            pass
        with looking.counted(other):
            pass
    with looking.counted(one):
        pass


def test_one_that_failed_makes_room_for_the_next() -> None:
    looking, one = Looking(), client()

    with pytest.raises(ValueError, match="broken"), looking.counted(one):
        raise ValueError("broken")
    with looking.counted(one):
        pass


def test_a_few_in_a_minute_for_all_connections_together() -> None:
    clock = Clock()
    looking = Looking(clock=clock)
    for _ in range(MAX_LOOKS_PER_MINUTE):
        with looking.counted(client()):
            clock.now += 1

    with refused("too_many_looks") as details, looking.counted(client()):
        pass
    assert details == {"seconds": 60 - MAX_LOOKS_PER_MINUTE}

    clock.now = 1060.0
    with looking.counted(client()):
        pass
    with refused("too_many_looks"), looking.counted(client()):
        pass
