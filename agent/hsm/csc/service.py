"""What a service says of itself (11.1), and so which version is spoken with it, and where."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.csc.messages import Info, InfoRequest
from agent.hsm.door import Door


class Version(StrEnum):
    V1 = "v1"
    V2 = "v2"


#: Where the specifications put the API (7.2 of each), the newer version first.
_BASES: Final = ("/csc/v2", "/csc/v1")
_OK: Final = 200
_SERVERS_FAULT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    base: str  # path, without a slash at its end
    version: Version
    auth_types: tuple[str, ...]
    oauth2: str | None
    oauth2_issuer: str | None
    methods: frozenset[str]
    asynchronous: bool

    def offers(self, method: str) -> bool:
        return method in self.methods


async def find(door: Door) -> Service | None:
    """None: whatever answers there does not speak this API.

    Raises as `Door.post` does when nothing answers at all; a page in place of JSON, or a redirect
    to one, is an answer.
    """
    service, _ = await _asked(door)
    return service


async def expected(door: Door) -> Service:
    """As `find`, where the service is known to speak this API: what does not is out of order.

    Raises as `Door.post` does, for every answer; ServiceError service_failed; and UserError
    service_not_recognised when it answers well, but speaks something else.
    """
    service, wrong = await _asked(door)
    if service is None:
        raise wrong
    return service


async def _asked(door: Door) -> tuple[Service | None, AgentError]:
    """The service, or what was wrong with what answered."""
    wrong: AgentError = UserError("service_not_recognised", host=door.host)
    for base in _BASES:
        try:
            answer = await door.post(f"{base}/info", msgspec.json.encode(InfoRequest()))
            info = answer.read(Info) if answer.status == _OK else None
        except ServiceError as error:
            if error.code not in ("service_malformed", "service_redirected"):
                raise
            wrong = error
            continue
        if answer.status >= _SERVERS_FAULT:
            wrong = ServiceError("service_failed", host=door.host)
        if info is not None and (version := _version(info.specs)) is not None:
            found = Service(
                base=base,
                version=version,
                auth_types=info.auth_type,
                oauth2=info.oauth2,
                oauth2_issuer=info.oauth2_issuer,
                methods=frozenset(info.methods),
                asynchronous=bool(info.asynchronous_operation_mode),
            )
            return found, wrong
    return None, wrong


def _version(specs: str) -> Version | None:
    """By the first of the numbers, "2.0.0.2" or "1.0.4.0": the later ones change no message that we
    need. Versions before 1.0 differ and are not spoken.
    """
    match specs.strip().split(".")[0]:
        case "1":
            return Version.V1
        case "2":
            return Version.V2
        case _:
            return None
