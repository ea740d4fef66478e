"""Answers and their status codes. `error` and `description` are a stranger's words: never read."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final

import msgspec

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.cyberhsm.guesses import CLOCK_SECONDS
from agent.hsm.door import Answer

OK: Final = 0
NOT_FOUND: Final = 101

_AUTHENTICATION_FAILED: Final = 2010
_WRONG_OTP: Final = 7000
_SERVICE: Final = frozenset({"service_failed", "service_malformed"})

#: Of the service's own library. What it calls failures of its connections (2005 to 2008) and of its
#: tokens (2009) happens behind it, and is none of its user's.
CODES: Final[dict[int, str]] = {
    100: "service_failed",  # exists already
    NOT_FOUND: "service_failed",  # no such object
    102: "service_failed",  # unknown
    1000: "certificate_unsuitable",
    1001: "certificate_unsuitable",
    1002: "certificate_expired",
    2002: "service_failed",  # no such request
    2003: "account_blocked",  # the customer's data are not valid
    2004: "service_failed",  # the data to sign are not
    2005: "service_failed",
    2006: "service_failed",
    2007: "service_failed",
    2008: "service_failed",
    2009: "service_failed",
    _AUTHENTICATION_FAILED: "account_refused",
    2011: "account_blocked",  # no permission
    2012: "account_expired",
    _WRONG_OTP: "otp_incorrect",
    7003: "service_failed",  # its SMS gateway
}
#: Where there is no status code to read.
HTTP_STATUSES: Final[dict[int, str]] = {401: "account_refused", 403: "account_blocked"}


class Status(msgspec.Struct, frozen=True):
    """Any answer, of which no more is wanted."""

    status: int


class Text(msgspec.Struct, frozen=True):
    """An answer whose object is one text: a signature, or a CMS message (base64)."""

    status: int
    obj: Annotated[str, msgspec.Meta(max_length=256 * 1024)] = ""


def status_of(answer: Answer) -> int | None:
    """None for what is no answer of this API."""
    try:
        return answer.read(Status).status
    except AgentError:
        return None


def text_of(answer: Answer, *, host: str, otp_sent: bool = False) -> str:
    """The object of a good answer. Raises UserError and ServiceError for any other."""
    if status_of(answer) != OK:
        raise failure(answer, host=host, otp_sent=otp_sent)
    return answer.read(Text).obj


def bare_text(answer: Answer) -> str:
    """An answer that is one text alone, in JSON or not."""
    try:
        return answer.read(str)
    except AgentError:
        return answer.body.decode("ascii", errors="replace")


def failure(answer: Answer, *, host: str, otp_sent: bool = False) -> AgentError:
    """`otp_sent`: the request had a one-time password with it."""
    code = _code(answer)
    if code == "account_refused" and clock_is_off(answer.headers.get("Date", "")):
        return UserError("service_clock", host=host)
    if code == "otp_incorrect" and not otp_sent:
        return UserError("account_otp")
    if code in _SERVICE:
        return ServiceError(code, host=host)
    return UserError(code)


def _code(answer: Answer) -> str:
    status = status_of(answer)
    if status is not None and status != OK:
        return CODES.get(status, "service_failed")
    if answer.status in HTTP_STATUSES:
        return HTTP_STATUSES[answer.status]
    if answer.status >= 500:  # noqa: PLR2004
        return "service_failed"
    return "service_malformed"


def clock_is_off(date: str, *, now: datetime | None = None) -> bool:
    """Whether the service's own time (RFC 9110 §6.6.1) is far from ours; False if it tells none."""
    try:
        theirs = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    if theirs.tzinfo is None:
        return False
    difference = (now or datetime.now(UTC)) - theirs
    return abs(difference.total_seconds()) > CLOCK_SECONDS
