"""What an answer means, by its status and message: one table each, the first row that fits.

A message is compared and dropped, never shown or logged. Known are those in the package's
description; the other rows are what such services say elsewhere [I].
"""

from typing import Final

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.document_names import without_accents
from agent.hsm.door import Answer
from agent.hsm.smartca.messages import Code, Head

_GOOD: Final = 200
_MOST_DIGITS: Final = 9

#: Words within a message, in lower case and without accents, whatever the status.
WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("sp_credential_invalid", "account_refused"),
    ("credential_status_invalid", "account_blocked"),
    ("quota", "account_quota"),
    ("het luot", "account_quota"),
)
#: The same, once the user has been asked on the phone.
PHONE_WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("reject", "phone_rejected"),
    ("tu choi", "phone_rejected"),
    ("cancel", "phone_rejected"),
    ("huy", "phone_rejected"),
    ("expire", "phone_timeout"),
    ("timeout", "phone_timeout"),
    ("time_out", "phone_timeout"),
    ("het han", "phone_timeout"),
    ("fail", "service_failed"),
    ("that bai", "service_failed"),
)
#: `status_code`, else the HTTP status. The numbers from 4000 are those of VNPT's other API.
STATUSES: Final[dict[int, str]] = {
    400: "service_failed",
    401: "account_refused",
    403: "account_blocked",
    404: "service_failed",
    4001: "phone_timeout",
    4002: "phone_rejected",
    4003: "service_failed",  # the key could not be opened
    4004: "service_failed",  # the signing failed
    4005: "account_quota",
}
#: Waiting for the user.
PATIENT: Final = frozenset({4000, 6000})

_SERVICE: Final = frozenset({"service_failed", "service_malformed"})


def failure(answer: Answer, *, host: str, asked: bool = False) -> AgentError | None:
    """None if the answer is a good one, or asks for patience. `asked`: the phone has rung."""
    code = _code(answer, asked=asked)
    if code is None:
        return None
    return ServiceError(code, host=host) if code in _SERVICE else UserError(code)


def head(answer: Answer) -> Head | None:
    try:
        return answer.read(Head)
    except AgentError:
        return None


def number(code: Code | None) -> int | None:
    if isinstance(code, int):
        return code
    text = (code or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _code(answer: Answer, *, asked: bool) -> str | None:
    said = head(answer)
    stated = number(said.status_code) if said is not None else None
    status = answer.status if stated is None else stated
    words = without_accents(said.message or "").casefold() if said is not None else ""
    for word, code in (*WORDS, *(PHONE_WORDS if asked else ())):
        if word in words:
            return code
    if status in STATUSES:
        return STATUSES[status]
    if status >= 500 and status not in PATIENT:  # noqa: PLR2004
        return "service_failed"
    if said is None or (status != _GOOD and status not in PATIENT):
        return "service_malformed"
    return None
