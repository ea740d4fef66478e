"""The address of a signing service, as somebody typed it, judged before anything is asked there.

    "api.cyberhsm.vn"   "https://api.cyberhsm.vn/"   "HSM.cong-ty.vn:8443"   "[fd00::5]:8443"

What else a URL can hold is refused, not dropped: a path, a query or a user that we leave out would
send the password somewhere else than the user meant. Names in other alphabets are shown as they go
over the network (xn--…), so that no look-alike letter passes for another (RFC 5890).
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from agent.errors import UserError

_MAX_CHARS: Final = 300
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
#: urlsplit drops tabs and line ends and forgives more besides; so what may not be there at all is
#: looked for first. "%" also keeps out IPv6 zones and escaped letters.
_NEVER: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\?#@%]")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: A name that ends like this is an IPv4 address to some libraries ("127.1", "0x7f000001").
_NUMERIC: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_MAX_NAME_CHARS: Final = 253


@dataclass(frozen=True, slots=True)
class Address:
    scheme: str  # "https", or "http" on this very machine
    name: str  # ASCII, lower case; an IPv6 address without brackets
    port: int

    @property
    def host(self) -> str:
        """As people write it: without scheme, with the port unless it is 443."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == _DEFAULT_PORTS["https"] else f"{name}:{self.port}"

    @property
    def base(self) -> str:
        """Scheme, host and port, without a slash at its end."""
        if self.scheme == "http" and self.port == _DEFAULT_PORTS["https"]:
            return f"http://{self.host}:{self.port}"
        return f"{self.scheme}://{self.host}"

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine, by its number; a name may mean anything."""
        try:
            return ipaddress.ip_address(self.name).is_loopback
        except ValueError:
            return False


def judged(typed: str, *, loopback_http: bool = False) -> Address:
    """Raises UserError service_address. Plain http only with `loopback_http`, and only there."""
    text = typed.strip(" \t\r\n")
    if not text or len(text) > _MAX_CHARS or _NEVER.search(text):
        raise UserError("service_address")
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise UserError("service_address")
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError:
        raise UserError("service_address") from None
    written = parts.hostname or ""
    if (
        parts.path not in ("", "/")
        or parts.netloc.endswith(":")
        or ("[" in parts.netloc) != (":" in written)
        or port == 0
    ):
        raise UserError("service_address")
    address = Address(scheme, _name(written), port or _DEFAULT_PORTS[scheme])
    if scheme == "http" and not (loopback_http and address.loopback):
        raise UserError("service_address")
    return address


def _name(written: str) -> str:
    if ":" in written:
        return _ip(written)
    name = written if written.isascii() else _alabels(written)
    name = name.removesuffix(".").lower()
    if _NUMERIC.fullmatch(name):
        return _ip(name)
    if len(name) > _MAX_NAME_CHARS or not all(map(_LABEL.fullmatch, name.split("."))):
        raise UserError("service_address")
    return name


def _ip(written: str) -> str:
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise UserError("service_address") from None


def _alabels(written: str) -> str:
    import idna  # a quarter of a megabyte of tables that hardly any address needs

    try:
        return idna.encode(written, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        raise UserError("service_address") from None
