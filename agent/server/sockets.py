"""The listening sockets: loopback only, IPv4 and IPv6 on the same port, never shared.

A wildcard address would show the agent to the network (T7), and a port shared with another program
would hand it our clients.
"""

import errno
import socket
import sys
from collections.abc import Sequence
from typing import Final

_IPV4: Final = "127.0.0.1"
_IPV6: Final = "::1"
_BACKLOG: Final = 64
#: A free port for IPv4 may be taken for IPv6; only asked-for port 0 is tried again.
_TRIES: Final = 8


class NoFreePort(Exception):  # noqa: N818 - a statement about the machine
    """All ports that clients probe are taken by other programs."""


def listen(ports: Sequence[int]) -> tuple[int, tuple[socket.socket, ...]]:
    """The first port that is free for both families, and its sockets. Raises NoFreePort."""
    for port in ports:
        for _ in range(_TRIES if port == 0 else 1):
            sockets = _both(port)
            if sockets:
                return sockets[0].getsockname()[1], sockets
    raise NoFreePort(", ".join(map(str, ports)))


def _both(port: int) -> tuple[socket.socket, ...]:
    first = _bound(socket.AF_INET, _IPV4, port)
    if first is None:
        return ()
    port = first.getsockname()[1]
    try:
        second = _bound(socket.AF_INET6, _IPV6, port)
    except OSError:
        return (first,)  # this machine has no IPv6
    if second is None:
        first.close()
        return ()
    return first, second


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket | None:
    """None when the port is taken. Raises OSError when the family does not exist here."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There SO_REUSEADDR would let another program take the port over.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # A restarted agent need not wait for its former connections to time out.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        # EACCES: Windows reserves ranges of ports for Hyper-V.
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            return None
        raise
    return listener
