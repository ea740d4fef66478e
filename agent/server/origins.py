"""Who is calling, judged from the Host and Origin headers before the WebSocket upgrade.

Loopback is not authentication: every web page can reach 127.0.0.1. So (SPEC 3, threats T1-T6):

    Host    exactly one, literally 127.0.0.1, [::1] or localhost with our port: anything else is a
            name that was rebound to us (T4)
    Origin  absent     a native program, which must show the user's token in `hello` (T6)
            one        a web page's, exactly as browsers serialise it; it may connect, and has no
                       rights until the user allowed it (what came over plain http, and may be
                       anybody's, is asked about each time: agent.consent.origins)
            "null"     a sandboxed frame or a local file: nobody whom the user could be asked about
            several, or malformed: refused

No state and no I/O: the tests are the table.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LOOPBACK_NAMES: Final = ("127.0.0.1", "[::1]", "localhost")
#: RFC 6454 §6.2 as browsers write it: lower case, no user, path or default port; IDNs in A-labels.
_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|(?=.{1,253}(?::|$))[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
    r"(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*)"
    r"(?::(?P<port>[1-9]\d{0,4}))?"
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_ORIGIN_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who may open a connection. `origin` is None for a native program."""

    origin: str | None


class Forbidden(Exception):  # noqa: N818 - named after the HTTP status it becomes
    """The upgrade is refused with status 403; the text says why, to a developer."""


def judge(*, hosts: Sequence[str], origins: Sequence[str], port: int) -> Caller:
    """Decide from all values of the two headers. Raises Forbidden."""
    judge_host(hosts, port=port)
    match list(origins):
        case []:
            return Caller(origin=None)
        case [origin]:
            judge_origin(origin)
            return Caller(origin=origin)
        case _:
            raise Forbidden("more than one Origin header")


def judge_host(hosts: Sequence[str], *, port: int) -> None:
    """Raises Forbidden unless there is one Host header and it is our own address, literally."""
    if len(hosts) != 1:
        raise Forbidden("exactly one Host header is needed")
    if hosts[0] not in {f"{name}:{port}" for name in _LOOPBACK_NAMES}:
        raise Forbidden("Host must be 127.0.0.1, [::1] or localhost with the agent's port")


def judge_origin(origin: str) -> None:
    """Raises Forbidden unless `origin` is a web origin that a user can be asked about."""
    if origin == "null":
        raise Forbidden("a page without an origin cannot be asked about")
    parts = _ORIGIN.fullmatch(origin) if len(origin) <= _MAX_ORIGIN_CHARS else None
    if parts is None:
        raise Forbidden("Origin is not a web origin in its exact form")
    scheme, host, port = parts["scheme"], parts["host"], parts["port"]
    if host.startswith("["):
        _judge_ipv6(host[1:-1])
    if port is not None and (int(port) > 65535 or int(port) == _DEFAULT_PORTS[scheme]):  # noqa: PLR2004 - the largest port
        raise Forbidden("Origin is not a web origin in its exact form")


def _judge_ipv6(text: str) -> None:
    try:
        exact = str(ipaddress.IPv6Address(text)) == text
    except ValueError:
        exact = False
    if not exact:
        raise Forbidden("Origin is not a web origin in its exact form")
