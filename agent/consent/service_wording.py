"""How a signing service's part in a signature is put into words, in windows and terminal alike.

Names, hosts and labels are the service's own and are neutralised here.
"""

import math
from typing import Final

from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.keys import Confirmation, OtpKind, ServiceInfo

_NAME_CHARS: Final = 60
_HOST_CHARS: Final = 260


def service_words(service: ServiceInfo, texts: Texts) -> str:
    """Who keeps the key, and where."""
    return texts("certificate.service_value", provider=_name(service), host=_host(service))


def pin_help(service: ServiceInfo, texts: Texts) -> str:
    return texts("service.pin_help", host=_host(service))


def what_follows(
    service: ServiceInfo, asked: Confirmation, texts: Texts, *, button: str
) -> tuple[str, ...]:
    """What happens once the user has pressed `button`; one sentence at least."""
    found = []
    match asked.otp:
        case OtpKind.SENT:
            found.append(texts("service.then_otp_sent", button=button))
        case OtpKind.GENERATED:
            found.append(texts("service.then_otp_generated", button=button))
    if asked.phone:
        found.append(texts("service.then_phone", button=button, service=_name(service)))
    return tuple(found) or (texts("service.then_nothing", button=button),)


def otp_source(service: ServiceInfo, asked: Confirmation, texts: Texts) -> str:
    """Where the user finds the one-time password."""
    key = "otp.generated" if asked.otp is OtpKind.GENERATED else "otp.sent"
    return texts(key, service=_name(service))


def otp_claim(asked: Confirmation, texts: Texts) -> str:
    """What the service calls it, as its claim; "" when it says nothing."""
    label = one_line(asked.otp_label, limit=_NAME_CHARS)
    return texts("otp.claims", label=label) if label else ""


def phone_instruction(service: ServiceInfo, texts: Texts, *, single: bool = True) -> str:
    """`single`: one document, whose name the service's app shows."""
    return texts("phone.how" if single else "phone.how_many", service=_name(service))


def clock_words(seconds: float) -> str:
    """What is left, mm:ss; never less than nothing."""
    left = max(math.ceil(seconds), 0)
    return f"{left // 60:02}:{left % 60:02}"


def _name(service: ServiceInfo) -> str:
    return one_line(service.provider_name, limit=_NAME_CHARS)


def _host(service: ServiceInfo) -> str:
    return one_line(service.host, limit=_HOST_CHARS)
