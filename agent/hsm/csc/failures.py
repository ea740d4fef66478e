"""The API's errors as ours: one table, the first row that fits.

A refusal is a status and, mostly, `error` and `error_description` (§10.2). The specifications give
several meanings to one `error` and tell them apart by the description, so the table compares both.
The description is a stranger's text all the same: it is compared and dropped, never
shown or logged.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.csc.messages import Fault
from agent.hsm.door import Answer


class Step(StrEnum):
    """Where in the conversation a service refused."""

    SIGN_IN = "sign-in"
    READ = "read"  # info, lists
    OTP = "otp"
    AUTHORISE = "authorise"
    WAIT = "wait"  # authorizeCheck, signPolling
    SIGN = "sign"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    code: str
    error: str = ""  # "": whichever
    says: tuple[str, ...] = ()  # all of them, in lower case, within the description
    steps: frozenset[Step] = frozenset(Step)
    phone: bool | None = None  # only if the user confirms on the phone, or only if not


_LATER: Final = frozenset(Step) - {Step.SIGN_IN}
_SIGNING: Final = frozenset({Step.AUTHORISE, Step.WAIT, Step.SIGN})

ROWS: Final[tuple[Row, ...]] = (
    # Table 3 (10.2), whatever was asked.
    Row(code="service_failed", error="server_error"),
    Row(code="service_failed", error="temporarily_unavailable"),
    Row(code="service_failed", error="invalid_scope"),
    # 11.2; RFC 6749 §5.2. A name that the service calls locked is not a wrong one.
    Row(code="account_blocked", says=("locked",), steps=frozenset({Step.SIGN_IN})),
    Row(code="account_refused", error="authentication_error", steps=frozenset({Step.SIGN_IN})),
    Row(code="account_refused", error="invalid_client", steps=frozenset({Step.SIGN_IN})),
    Row(code="account_refused", error="invalid_grant", steps=frozenset({Step.SIGN_IN})),
    Row(code="account_blocked", error="unauthorized_client"),
    # 11.6: what was typed. v1 has a code for each, some services only the words.
    Row(code="account_blocked", says=("pin locked",), steps=_LATER),
    Row(code="account_blocked", says=("otp locked",), steps=_LATER),
    Row(code="account_blocked", says=("credential locked",), steps=_LATER),
    Row(code="account_blocked", error="invalid_pin", says=("locked",), steps=_LATER),
    Row(code="account_blocked", error="invalid_otp", says=("locked",), steps=_LATER),
    Row(code="service_pin_incorrect", error="invalid_pin", steps=_LATER),
    Row(code="otp_incorrect", error="invalid_otp", steps=_LATER),
    Row(code="service_pin_incorrect", says=("pin is invalid",), steps=_SIGNING),
    Row(code="otp_incorrect", says=("otp is invalid",), steps=_SIGNING),
    Row(code="otp_incorrect", says=("otp", "expired"), steps=_SIGNING),
    Row(code="service_pin_incorrect", says=("parameter pin",), steps=_SIGNING),
    Row(code="otp_incorrect", says=("parameter otp",), steps=_SIGNING),
    # 11.6 and 11.7 of v2 do not say which of the factors was wrong; `judge` knows what was asked.
    Row(code="phone_rejected", error="invalid_authentication_data", steps=_SIGNING, phone=True),
    Row(code="service_pin_incorrect", error="invalid_authentication_data", steps=_SIGNING),
    # On the phone: a refusal, and a transaction that the service has dropped.
    Row(code="phone_rejected", error="access_denied", steps=_SIGNING, phone=True),
    Row(code="phone_timeout", says=("invalid parameter handle",), steps=frozenset({Step.WAIT})),
    Row(code="phone_timeout", says=("sad expired",), steps=_SIGNING, phone=True),
    # 11.5, 11.6, 11.10: the credential.
    Row(code="certificate_not_found", says=("invalid parameter credentialid",), steps=_LATER),
    Row(code="certificate_expired", says=("signing certificate", "expired"), steps=_LATER),
    Row(code="account_blocked", says=("credential", "is disabled"), steps=_LATER),
    Row(code="certificate_unsuitable", says=("invalid certificate status",), steps=_LATER),
    Row(code="certificate_unsuitable", says=("parameter signalgo",), steps=_LATER),
    Row(code="certificate_unsuitable", says=("parameter hashalgo",), steps=_LATER),
    # 11.6: more than `multisign`; 11.10: too slow between authorising and signing.
    Row(code="service_batch", says=("signatures is too high",), steps=_SIGNING),
    Row(code="service_timeout", says=("sad expired",), steps=_SIGNING),
    # In no specification, in services that sell signatures by number.
    Row(code="account_quota", says=("quota",), steps=_LATER),
    Row(code="account_quota", error="quota_exceeded", steps=_LATER),
    Row(code="account_blocked", error="access_denied", steps=_LATER),
    # A token that is over is no wrong password: the session is, and the user may begin again.
    Row(code="service_failed", error="invalid_token", steps=_LATER),
    Row(code="service_failed", error="expired_token", steps=_LATER),
)

#: What a status says where the words say nothing.
STATUSES: Final[dict[int, str]] = {
    402: "account_quota",
    403: "account_blocked",
    408: "service_timeout",
    504: "service_timeout",
}
#: The same at sign-in, where many services answer wrong passwords with a bare status.
SIGN_IN_STATUSES: Final[dict[int, str]] = {400: "account_refused", 401: "account_refused"}

_OURS: Final = frozenset({"service_failed", "service_timeout", "service_malformed"})


def judge(
    answer: Answer, *, step: Step, host: str, phone: bool = False, otp_alone: bool = False
) -> AgentError:
    """What a refusal means. `phone`: the user was to confirm there; `otp_alone`: all that was typed
    is a one-time password.
    """
    code = _code(answer.status, fault(answer), step=step, phone=phone)
    if code == "service_pin_incorrect" and otp_alone:
        code = "otp_incorrect"
    if code == "service_timeout" and phone and step in _SIGNING:
        code = "phone_timeout"
    return error(code, host)


def error(code: str, host: str) -> AgentError:
    if code in _OURS:
        return ServiceError(code, host=host)
    return UserError(code, host=host) if code == "service_batch" else UserError(code)


def fault(answer: Answer) -> Fault:
    """The error in a body, or an empty one: many a refusal is a page for people."""
    try:
        return answer.read(Fault)
    except AgentError:
        return Fault()


def _code(status: int, said: Fault, *, step: Step, phone: bool) -> str:
    description = said.error_description.casefold()
    for row in ROWS:
        if (
            step in row.steps
            and row.error in ("", said.error)
            and (row.phone is None or row.phone is phone)
            and all(words in description for words in row.says)
        ):
            return row.code
    if step is Step.SIGN_IN and status in SIGN_IN_STATUSES:
        return SIGN_IN_STATUSES[status]
    return STATUSES.get(status, "service_failed")
