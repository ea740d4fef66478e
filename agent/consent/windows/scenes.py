"""Every window in every state, as data: what is asked, and what happens then.

The gallery draws them and the tests walk through them, so a state that nobody has looked at is one
that is missing here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from agent.consent.prompts import Asker, SelectQuestion, SignQuestion, SiteQuestion
from agent.consent.text import Texts
from agent.consent.window_messages import (
    AskOtp,
    AskSelect,
    AskSign,
    AskSite,
    Certificates,
    Command,
    OnPhone,
    PinLength,
    PinRejected,
    Question,
    ServicePinRejected,
    Tell,
    TokenPresent,
    Working,
)
from agent.consent.windows import samples
from agent.keys import Confirmation, OtpKind, PinState

_SECONDS: Final = 300.0


class Act(Enum):
    """What the user does."""

    TYPE_PIN = "types a PIN"
    TYPE_ACCENTS = "types a secret through a Vietnamese keyboard"
    TYPE_OTP = "types a one-time password"
    CONFIRM = "presses the confirming button"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    name: str
    question: Question
    then: tuple[Act | Command, ...] = ()
    armed: bool = True  # False: as it is in its first moment


def scenes(language: str) -> Iterator[Scene]:
    """All of them, asked in `language`."""
    every = (*_sites(), *_selections(), *_signatures(), *_in_services(), *_notices(language))
    for scene in every:
        yield replace(scene, question=_in(language, scene.question))


def _in(language: str, question: Question) -> Question:
    """The same question from an asker who speaks `language`."""
    match question:
        case AskSite(question=asked, seconds=seconds):
            return AskSite(question=replace(asked, asker=_speaks(asked, language)), seconds=seconds)
        case AskSelect(question=asked, seconds=seconds):
            choice = replace(asked, asker=_speaks(asked, language))
            return AskSelect(question=choice, seconds=seconds)
        case AskSign(question=asked, seconds=seconds):
            return AskSign(question=replace(asked, asker=_speaks(asked, language)), seconds=seconds)
        case Tell():
            return question


def _speaks(question: SiteQuestion | SelectQuestion | SignQuestion, language: str) -> Asker:
    return replace(question.asker, language=language)


def _sites() -> Iterator[Scene]:
    for name, asker in (
        ("site", samples.ASKER),
        ("site-http", samples.INSECURE),
        ("site-punycode", samples.PUNYCODE),
        ("site-native", samples.NATIVE),
        ("site-local", samples.LOCAL),
    ):
        question = SiteQuestion(asker=asker, reason=samples.SITE.reason)
        yield Scene(name=name, question=AskSite(question=question, seconds=_SECONDS))
    hostile = SiteQuestion(asker=samples.HOSTILE, reason=samples.HOSTILE_TEXT)
    yield Scene(name="site-hostile", question=AskSite(question=hostile, seconds=_SECONDS))
    usual = AskSite(question=samples.SITE, seconds=_SECONDS)
    yield Scene(name="site-inert", question=usual, armed=False)
    yield Scene(name="site-countdown", question=AskSite(question=samples.SITE, seconds=42.0))


def _selections() -> Iterator[Scene]:
    usable = AskSelect(question=samples.SELECT, seconds=_SECONDS)
    empty = AskSelect(question=replace(samples.SELECT, certificates=()), seconds=_SECONDS)
    others = replace(samples.SELECT, certificates=samples.CERTIFICATES[1:])
    yield Scene(name="select", question=usable)
    yield Scene(name="select-empty", question=empty)
    yield Scene(name="select-none-usable", question=AskSelect(question=others, seconds=_SECONDS))
    plugged_in = Certificates(certificates=samples.CERTIFICATES)
    yield Scene(name="select-plugged-in", question=empty, then=(plugged_in,))
    unplugged = Certificates(certificates=())
    yield Scene(name="select-unplugged", question=usable, then=(unplugged,))
    everywhere = replace(samples.SELECT, certificates=samples.EVERYWHERE)
    yield Scene(name="select-services", question=AskSelect(question=everywhere, seconds=_SECONDS))


def _signatures() -> Iterator[Scene]:
    usual = samples.SIGN
    unchecked = samples.certificate(state="unchecked", warnings=("revocation_unknown",))
    hostile = replace(
        usual,
        asker=samples.HOSTILE,
        name=samples.HOSTILE_TEXT,
        certificate=samples.certificate(holder=samples.HOSTILE_TEXT, issuer="I" * 300),
    )
    login = replace(
        usual,
        action="login",
        name=samples.LOCAL.origin,
        asker=samples.LOCAL,
        description=None,
    )
    yield _sign("sign-inert", usual, armed=False)
    yield _sign("sign", usual, Act.TYPE_PIN)
    yield _sign("sign-low", replace(usual, pin=PinState(low=True)))
    yield _sign("sign-final", replace(usual, pin=PinState(final_try=True)))
    yield _sign("sign-locked", replace(usual, pin=PinState(locked=True)))
    yield _sign("sign-pin-pad", replace(usual, pin=PinState(pin_pad=True)))
    yield _sign("sign-warning", replace(usual, certificate=unchecked))
    yield _sign("sign-hostile", hostile)
    yield _sign("sign-unplugged", usual, TokenPresent(present=False))
    yield _sign("sign-not-ascii", usual, Act.TYPE_ACCENTS, Act.CONFIRM)
    working = (Act.TYPE_PIN, Act.CONFIRM, Working(stage="signing"))
    yield _sign("sign-working", usual, *working)
    for name, state in (
        ("sign-rejected", PinState()),
        ("sign-rejected-low", PinState(low=True)),
        ("sign-rejected-final", PinState(final_try=True)),
        ("sign-rejected-locked", PinState(locked=True)),
    ):
        yield _sign(name, usual, *working, PinRejected(state=state, seconds=_SECONDS))
    yield _sign("sign-length", usual, *working, PinLength(seconds=_SECONDS))
    yield _sign("login", login)


def _in_services() -> Iterator[Scene]:
    usual = samples.SIGN_IN_SERVICE
    phone = _confirmed(usual, Confirmation(phone=True))
    generated = _confirmed(usual, Confirmation(pin=True, otp=OtpKind.GENERATED))
    stranger = replace(
        _confirmed(usual, Confirmation(pin=True, otp=OtpKind.SENT, otp_label=samples.HOSTILE_TEXT)),
        name=samples.HOSTILE_TEXT,
        certificate=replace(usual.certificate, service=samples.HOSTILE_SERVICE),
    )
    approved = (Act.TYPE_PIN, Act.CONFIRM, Working(stage="waiting-for-service"))
    asked = (*approved, AskOtp(rejected=False, seconds=_SECONDS))
    given = (*asked, Act.TYPE_OTP, Act.CONFIRM)
    yield _sign("service-inert", usual, armed=False)
    yield _sign("service", usual, Act.TYPE_PIN)
    yield _sign("service-generated", generated)
    yield _sign("service-phone", phone)
    yield _sign("service-nothing", _confirmed(usual, Confirmation()))
    yield _sign("service-working", usual, *approved)
    rejected = ServicePinRejected(seconds=_SECONDS)
    yield _sign("service-pin-rejected", usual, *approved, rejected)
    yield _sign("otp", usual, *asked)
    yield _sign("otp-typed", usual, *asked, Act.TYPE_OTP)
    yield _sign("otp-generated", generated, *asked)
    yield _sign("otp-hostile", stranger, *asked)
    yield _sign("otp-given", usual, *given)
    yield _sign("otp-rejected", usual, *given, AskOtp(rejected=True, seconds=_SECONDS))
    yield _sign("otp-not-ascii", usual, *asked, Act.TYPE_ACCENTS, Act.CONFIRM)
    yield _sign("phone", phone, Act.CONFIRM, OnPhone(seconds=_SECONDS))
    yield _sign("phone-over", phone, Act.CONFIRM, OnPhone(seconds=0.0))
    yield _sign("phone-hostile", stranger, *approved, OnPhone(seconds=42.0))
    done = (Act.CONFIRM, OnPhone(seconds=_SECONDS), Working(stage="verifying"))
    yield _sign("phone-done", phone, *done)
    login = replace(phone, action="login", name=samples.LOCAL.origin, asker=samples.LOCAL)
    yield _sign("login-phone", replace(login, description=None))


def _confirmed(question: SignQuestion, confirmation: Confirmation) -> SignQuestion:
    return replace(question, confirmation=confirmation)


def _notices(language: str) -> Iterator[Scene]:
    text = Texts(language).error("pin_locked")
    tell = Tell(title="USB token", text=text, language=language, seconds=_SECONDS)
    yield Scene(name="notice", question=tell)


def _sign(name: str, question: SignQuestion, *then: Act | Command, armed: bool = True) -> Scene:
    ask = AskSign(question=question, seconds=_SECONDS)
    return Scene(name=name, question=ask, then=then, armed=armed)
