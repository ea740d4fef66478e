"""What differs between the versions: the names and shapes of what is said and understood.

A dialect is pure: it makes messages and reads answers, and asks nobody anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from agent.hsm.csc.algorithms import Algorithm
from agent.hsm.csc.details import Details
from agent.hsm.csc.messages_v2 import CheckRequest, PollRequest
from agent.hsm.door import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of a list. Descriptions that came with it are read one by one, since each may fail
    for its own credential.
    """

    ids: tuple[str, ...]
    described: Mapping[str, Callable[[], Details]]
    next_page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A method and what it is called with."""

    method: str
    message: msgspec.Struct


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Asking for leave to sign: everything that both versions say in their own words."""

    details: Details
    hashes: tuple[str, ...]  # base64
    hash_algo: str
    pin: str | None = field(repr=False)
    otp: str | None = field(repr=False)
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOrder:
    details: Details
    hashes: tuple[str, ...]  # base64
    algorithm: Algorithm
    sad: str | None = field(repr=False)


class Dialect(Protocol):
    def list(self, *, user_id: str | None, page: str | None) -> Call: ...

    def listed(self, answer: Answer) -> Listed: ...

    def info(self, credential_id: str) -> Call: ...

    def described(self, credential_id: str, answer: Answer) -> Details: ...

    def send_otp(self, details: Details) -> Call: ...

    def otp_sent(self, answer: Answer) -> bool:
        """False: the service asks something else than for what it has sent."""

    @property
    def answers_early(self) -> bool:
        """Whether a request for leave is answered while the user is still being asked."""

    def authorise(self, leave: Leave) -> Call: ...

    def sign(self, order: SignOrder) -> Call: ...


def check(handle: str) -> Call:
    """11.7 of v2."""
    return Call(method="credentials/authorizeCheck", message=CheckRequest(handle=handle))


def collect(response_id: str) -> Call:
    """11.12 of v2; ETSI TS 119 432 has it for v1's signHash, too."""
    message = PollRequest(request_id=response_id, response_id=response_id)
    return Call(method="signatures/signPolling", message=message)
