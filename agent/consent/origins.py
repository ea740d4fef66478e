"""An origin as the user must see it: whole, exact, in characters that cannot be confused.

Browsers state origins in ASCII (RFC 6454 §6.2), with international names in punycode. It is shown
just so: `https://xn--…` looks odd, and that is the point, for its Unicode form can look exactly
like another site's.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from agent.consent.plain import one_line
from agent.consent.prompts import Asker

NATIVE_PREFIX: Final = "native:"
_MOST_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrigin:
    text: str  # what to print, large; for a native program the name it gives itself
    native: bool = False
    secure: bool = False  # https
    local: bool = False  # a page served by this very machine
    international: bool = False  # punycode: may imitate another name

    @property
    def may_be_remembered(self) -> bool:
        """A page over plain http can be forged by anyone on the way, so it is asked each time."""
        return self.native or self.secure or self.local


def shown(asker: Asker) -> ShownOrigin:
    """What to show of who asks. Never raises: what cannot be parsed is shown as insecure."""
    if asker.origin.startswith(NATIVE_PREFIX):
        name = asker.origin.removeprefix(NATIVE_PREFIX)
        return ShownOrigin(text=one_line(name, limit=_MOST_CHARS), native=True)
    try:
        parts = urlsplit(asker.origin)
        host = parts.hostname or ""
    except ValueError:
        return ShownOrigin(text=_ascii(asker.origin))
    return ShownOrigin(
        text=_ascii(asker.origin),
        secure=parts.scheme == "https",
        local=_is_loopback(host),
        international=not asker.origin.isascii() or "xn--" in host,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _ascii(origin: str) -> str:
    """A browser never sends anything but ASCII; what else arrives is escaped, not drawn."""
    printable = "".join(c if " " < c <= "~" else f"\\u{ord(c):04x}" for c in origin)
    return printable if len(printable) <= _MOST_CHARS else printable[:_MOST_CHARS] + "…"
