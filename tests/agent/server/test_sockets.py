"""Loopback alone, both families on one port, the first that is free."""

import socket
from collections.abc import Iterator

import pytest

from agent.server.sockets import NoFreePort, listen


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def addresses(listeners: tuple[socket.socket, ...]) -> list[tuple[str, int]]:
    found = [listener.getsockname()[:2] for listener in listeners]
    for listener in listeners:
        listener.close()
    return found


def test_both_families_listen_on_the_same_port_of_loopback() -> None:
    port, listeners = listen((0,))

    assert addresses(listeners) == [("127.0.0.1", port), ("::1", port)]


def test_a_taken_port_is_passed_over(taken: int) -> None:
    port, listeners = listen((taken, 0))

    assert port != taken
    assert len(addresses(listeners)) == 2


def test_a_port_taken_for_ipv6_alone_is_passed_over_too() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::1", 0))
        other.listen()
        taken = other.getsockname()[1]
        port, listeners = listen((taken, 0))

        assert port != taken
        addresses(listeners)


def test_no_free_port_is_said(taken: int) -> None:
    with pytest.raises(NoFreePort, match=str(taken)):
        listen((taken,))


def test_without_ipv6_ipv4_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def only_ipv4(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, kind)

    monkeypatch.setattr(socket, "socket", only_ipv4)
    port, listeners = listen((0,))

    assert addresses(listeners) == [("127.0.0.1", port)]
