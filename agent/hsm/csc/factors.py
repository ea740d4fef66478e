"""What a service asks of its user before it signs: the API's descriptions as our `Confirmation`.

v1 describes a PIN and an OTP (11.5). v2 lists any number of authentication objects (8.3.1) and a
formula over them; of its alternatives the first is taken that our windows can ask for: at most one
PIN, at most one one-time password, and whatever is confirmed on the phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.hsm.csc.expression import FormulaError, alternatives
from agent.hsm.csc.messages_v1 import Otp, Pin
from agent.hsm.csc.messages_v2 import Auth, AuthObject
from agent.keys import Confirmation, OtpKind

_MOST_LABEL_CHARS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """`pin_id` and `otp_id` name the objects that the user's answers are for."""

    confirmation: Confirmation
    pin_id: str = "PIN"
    otp_id: str = "OTP"
    out_of_band: tuple[str, ...] = ()  # ids that are named without a value

    @property
    def otp_alone(self) -> bool:
        return self.confirmation.otp is not None and not self.confirmation.pin


def of_v1(auth_mode: str, pin: Pin | None, otp: Otp | None) -> Factors | None:
    """None: authorised in a browser, or in some other way that we know nothing of."""
    match auth_mode:
        case "implicit":  # the service sees to it alone
            return Factors(confirmation=Confirmation(phone=True))
        case "explicit":
            needs_otp = otp is not None and _present(otp)
            online = otp is not None and otp.type == "online"
            kind = OtpKind.SENT if online else OtpKind.GENERATED
            return Factors(
                confirmation=Confirmation(
                    pin=pin is not None and _present(pin),
                    otp=kind if needs_otp else None,
                    otp_label=label(otp.label) if otp is not None and needs_otp else "",
                )
            )
        case _:
            return None


def _present(asked: Pin | Otp) -> bool:
    """An optional one is left out: what need not be typed is not asked for."""
    return asked.presence is True or asked.presence == "true"


def of_v2(auth: Auth, *, sends: bool) -> Factors | None:
    """`sends`: the service has a method that sends one-time passwords of type Password too.

    None: as for v1, or no alternative that our windows can ask for.
    """
    if auth.mode == "implicit":  # v1's, which some services of v2 have kept
        return Factors(confirmation=Confirmation(phone=True))
    if auth.mode != "explicit":
        return None
    objects = {found.id: found for found in auth.objects or ()}
    if not objects:  # 13.10: leave is given without asking
        return Factors(confirmation=Confirmation())
    try:
        # Without a formula all of them are needed.
        choices = alternatives(auth.expression, list(objects)) if auth.expression else [[*objects]]
    except FormulaError:
        return None
    for choice in choices:
        factors = _expressed([objects[i] for i in choice], sends=sends)
        if factors is not None:
            return factors
    return None


def _expressed(objects: Sequence[AuthObject], *, sends: bool) -> Factors | None:
    pin: AuthObject | None = None
    otp: tuple[AuthObject, OtpKind] | None = None
    out_of_band: list[str] = []
    for found in objects:
        match _kind(found, sends=sends):
            case "pin" if pin is None:
                pin = found
            case "oob":
                out_of_band.append(found.id)
            case OtpKind() as kind if otp is None:
                otp = (found, kind)
            case _:
                return None
    return Factors(
        confirmation=Confirmation(
            pin=pin is not None,
            otp=otp[1] if otp else None,
            otp_label=label(otp[0].label or "") if otp else "",
            phone=bool(out_of_band),
        ),
        pin_id=pin.id if pin else "",
        otp_id=otp[0].id if otp else "",
        out_of_band=tuple(out_of_band),
    )


def _kind(found: AuthObject, *, sends: bool) -> str | OtpKind:
    match found.type:
        case "PasswordOOB" | "ChallengeResponseOOB":
            return "oob"
        case "ChallengeResponse":
            return OtpKind.SENT
        case "Password" if found.generator:
            return OtpKind.GENERATED
        # 8.3.1.1 calls both a PIN and what came by SMS a Password; only the id tells them apart.
        case "Password" if "otp" in found.id.casefold():
            return OtpKind.SENT if sends else OtpKind.GENERATED
        case "Password":
            return "pin"
        case _:
            return ""


def label(text: str) -> str:
    """A stranger's text, cut to one short line."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:_MOST_LABEL_CHARS]
