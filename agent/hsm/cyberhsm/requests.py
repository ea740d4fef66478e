r"""A request's own signature: HMAC-SHA256 over what it is, by the account's secret.

    POST \n https \n api.cyberhsm.vn:443 \n /api/bin/sign/base64 \n application/json \n
    <apiKey> \n <nonce> \n <Date> \n <body> \n

    Authorization: HmacSHA256 <apiKey>:<nonce>:<base64 of the HMAC>:<seconds since 1970>
    Date: Fri, 02 Oct 2020 09:51:17 GMT

Nothing here asks the time or draws a nonce: the session gives both.
"""

import base64
import hashlib
import hmac
import string
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final, Self
from urllib.parse import urlsplit

from agent.errors import UserError
from agent.hsm.cyberhsm.guesses import GET_HAS_CONTENT_TYPE_LINE
from agent.hsm.encoded import unbase64
from agent.hsm.provider import Login

_PORTS: Final = {"https": 443, "http": 80}
_KEY_LETTERS: Final = frozenset(string.ascii_letters + string.digits + "_.-")
_MOST_KEY_CHARS: Final = 128


@dataclass(frozen=True, slots=True)
class Keys:
    api_key: str
    secret: bytes

    @classmethod
    def of(cls, login: Login) -> Self:
        """Raises UserError account_refused for what can be no key, before anything is sent: a
        colon or a line's end in it would become part of the header.
        """
        api_key = login.name.strip()
        secret = unbase64(login.password.reveal())
        good = 0 < len(api_key) <= _MOST_KEY_CHARS and _KEY_LETTERS.issuperset(api_key)
        if not good or secret is None:
            raise UserError("account_refused")
        return cls(api_key, secret)

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    base: str  # scheme, host and port, as `Door.base`
    resource: str
    content_type: str | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a request is made, and what makes it unlike any other."""

    at: datetime  # UTC
    nonce: str


def headers(request: Request, keys: Keys, moment: Moment) -> dict[str, str]:
    mac = hmac.new(keys.secret, signed(request, keys.api_key, moment), hashlib.sha256).digest()
    text = base64.b64encode(mac).decode("ascii")
    seconds = int(moment.at.timestamp())
    return {
        "Authorization": f"HmacSHA256 {keys.api_key}:{moment.nonce}:{text}:{seconds}",
        "Date": _date(moment.at),
    }


def signed(request: Request, api_key: str, moment: Moment) -> bytes:
    scheme, host = _origin(request.base)
    lines = [request.method, scheme, host, request.resource]
    if request.content_type is not None or GET_HAS_CONTENT_TYPE_LINE:
        lines.append(request.content_type or "")
    lines += [api_key, moment.nonce, _date(moment.at)]
    return b"".join(line.encode("utf-8") + b"\n" for line in lines) + request.body + b"\n"


def _date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def _origin(base: str) -> tuple[str, str]:
    """The scheme, and the host with its port also where nobody writes it."""
    parts = urlsplit(base)
    host = parts.netloc if parts.port else f"{parts.netloc}:{_PORTS[parts.scheme]}"
    return parts.scheme, host
