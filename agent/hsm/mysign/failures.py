"""What an answer means, by the service's numbers; its words are compared, never shown or logged."""

import re
from typing import Final

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.door import Answer
from agent.hsm.mysign.messages import Fault, Number

#: Of a request (requests/status).
DONE: Final = 1
#: Waiting for the user (0 in an older description), or signing already.
PATIENT: Final = frozenset({0, 4000, 6000})

ENDED: Final = 13004  # the certificate: expired or revoked, which of them is not told

NUMBERS: Final[dict[int, str]] = {
    4001: "phone_timeout",
    4002: "phone_rejected",
    4004: "service_failed",
    4005: "account_quota",
    ENDED: "certificate_revoked",
    50000: "service_failed",
    58007: "account_refused",  # no such client
    58008: "account_refused",  # no such user
    59033: "account_refused",  # user or password
    86002: "account_blocked",  # a TLS certificate of the client's was revoked
    86024: "account_refused",  # client_secret
}
#: Where no number is told.
SIGN_IN_STATUSES: Final[dict[int, str]] = {
    400: "account_refused",
    401: "account_refused",
    403: "account_blocked",
}
#: A token that is over is no wrong password: the conversation is, and the user may begin again.
STATUSES: Final[dict[int, str]] = {401: "service_failed", 403: "account_blocked"}

_GOOD: Final = frozenset({200, 201, 202})
_SERVICE: Final = frozenset({"service_failed", "service_malformed"})
_NUMBER: Final = re.compile(r"\b[0-9]{4,5}\b")
_MOST_DIGITS: Final = 12


def failure(answer: Answer, *, host: str, sign_in: bool = False) -> AgentError | None:
    """None for a good answer, and for one that asks for patience."""
    code = _code(answer, sign_in=sign_in)
    if code is None:
        return None
    return ServiceError(code, host=host) if code in _SERVICE else UserError(code)


def fault(answer: Answer) -> Fault | None:
    """None for what is no object of JSON: a list of certificates, or a page for people."""
    try:
        return answer.read(Fault)
    except AgentError:
        return None


def number(said: Number | None) -> int | None:
    """Numbers come as strings too."""
    if isinstance(said, int):
        return said
    text = (said or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _code(answer: Answer, *, sign_in: bool) -> str | None:
    said = fault(answer)
    if said is not None:
        status = number(said.status)
        if status is not None and status not in PATIENT | {DONE}:
            return NUMBERS.get(status, "service_failed")
        for told in _numbers(said):
            if told in NUMBERS:
                return NUMBERS[told]
    if answer.status in _GOOD:
        return "service_failed" if said is not None and said.error else None
    statuses = SIGN_IN_STATUSES if sign_in and said is not None else STATUSES
    if answer.status in statuses:
        return statuses[answer.status]
    if said is not None or answer.status >= 500:  # noqa: PLR2004
        return "service_failed"
    return "service_malformed"


def _numbers(said: Fault) -> list[int]:
    words = f"{said.error or ''} {said.error_description or ''}"
    return [int(digits) for digits in _NUMBER.findall(words)]
