"""A token for a client's id and secret, from an OAuth 2.0 server (RFC 6749 §4.4; v1 §8.3, v2 §8.4).

`info` names the server: by its base address, or by an issuer whose metadata name the endpoint
(RFC 8414). That is a stranger's text which decides where a secret goes, so whatever it names must
be on the very host that the user typed.
"""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from agent.errors import ServiceError
from agent.hsm.csc.messages import ServerMetadata
from agent.hsm.csc.service import Service
from agent.hsm.door import Answer, Door
from agent.hsm.provider import Login

_OK: Final = 200
_FORM: Final = "application/x-www-form-urlencoded"
_PATH: Final = re.compile(r"(/[\w.~-]+)*", re.ASCII)
_PORTS: Final = {"https": 443, "http": 80}
_WELL_KNOWN: Final = "/.well-known/oauth-authorization-server"


async def client_token(door: Door, service: Service, login: Login) -> Answer:
    """What the token endpoint says.

    Raises ServiceError service_redirected (it is elsewhere), service_malformed (nowhere), and as
    `Door.post` does.
    """
    form = {
        "grant_type": "client_credentials",
        "scope": "service",
        "client_id": login.name,
        "client_secret": login.password.reveal(),
    }
    endpoint = await _endpoint(door, service)
    return await door.post(endpoint, urlencode(form).encode("ascii"), content_type=_FORM)


async def _endpoint(door: Door, service: Service) -> str:
    if service.oauth2:
        return f"{_path_here(door, service.oauth2)}/oauth2/token"
    if not service.oauth2_issuer:
        raise ServiceError("service_malformed", host=door.host)
    # RFC 8414 §3.1: the issuer's path comes after the well-known one.
    answer = await door.get(_WELL_KNOWN + _path_here(door, service.oauth2_issuer))
    if answer.status != _OK:
        raise ServiceError("service_failed", host=door.host)
    metadata = answer.read(ServerMetadata)
    if metadata.issuer != service.oauth2_issuer:  # §3.3: then they are another's
        raise ServiceError("service_malformed", host=door.host)
    return _path_here(door, metadata.token_endpoint) or "/"


def _path_here(door: Door, address: str) -> str:
    """The path of an address on the door's own host, without a slash at its end."""
    try:
        there, here = urlsplit(address), urlsplit(door.base)
        same = (there.scheme, there.hostname, there.port or _PORTS.get(there.scheme)) == (
            here.scheme,
            here.hostname,
            here.port or _PORTS.get(here.scheme),
        )
    except ValueError:  # a port that is none, a bracket too many
        raise ServiceError("service_malformed", host=door.host) from None
    if not same or there.username is not None or there.query or there.fragment:
        raise ServiceError("service_redirected", host=door.host)
    path = there.path.rstrip("/")
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise ServiceError("service_malformed", host=door.host)
    return path
