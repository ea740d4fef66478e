"""Every window in every state, as data: what is asked, and what happens then.

The gallery draws them and the tests walk through them, so a state that nobody has looked at is one
that is missing here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from msgspec import structs

from agent.consent.prompts import (
    BatchItem,
    BatchQuestion,
    DigestsQuestion,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.text import Texts
from agent.consent.window_messages import (
    AskBatch,
    AskDigests,
    AskOtp,
    AskPick,
    AskSelect,
    AskSign,
    AskSite,
    Certificates,
    Command,
    Done,
    OnPhone,
    PinLength,
    PinRejected,
    PreviewFailed,
    PreviewMade,
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
    UNTICK = "unticks a few documents of many"
    UNTICK_ALL = "unticks all of them"
    LOOK = "looks at the third document"
    SEARCH = "searches for something"
    SEARCH_VAINLY = "searches for what is not there"
    ONLY_WARNED = "shows only documents with a warning"
    STOP = "stops what is at work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    name: str
    question: Question
    then: tuple[Act | Command, ...] = ()
    armed: bool = True  # False: as it is in its first moment


def scenes(language: str) -> Iterator[Scene]:
    """All of them, asked in `language`."""
    every = (
        *_sites(),
        *_selections(),
        *_signatures(),
        *_in_services(),
        *_batches(),
        *_batches_in_services(),
        *_unseen(),
        *_notices(language),
    )
    for scene in every:
        yield replace(scene, question=_in(language, scene.question))


def dialogs(language: str) -> Iterator[Scene]:
    """Those that are not windows of ours."""
    for name, multiple in (("pick-one", False), ("pick", True)):
        picking = replace(samples.PICK, multiple=multiple)
        ask = AskPick(question=picking, seconds=_SECONDS)
        yield Scene(name=name, question=_in(language, ask))


def _in(language: str, question: Question) -> Question:
    """The same question from an asker who speaks `language`."""
    if isinstance(question, Tell):
        return question
    asker = replace(question.question.asker, language=language)
    # Each kind of message holds its own kind of question, and stays what it is.
    asked = replace(question.question, asker=asker)
    return structs.replace(question, question=asked)


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


def _batches() -> Iterator[Scene]:
    hundred = samples.batch(100)
    warned = replace(hundred, items=_some_warned(hundred))
    hostile = samples.batch(
        12,
        asker=samples.HOSTILE,
        reason=samples.HOSTILE_TEXT,
        items=tuple(samples.batch_item(n, name=samples.HOSTILE_TEXT) for n in range(12)),
        certificate=samples.certificate(holder=samples.HOSTILE_TEXT, issuer="I" * 300),
    )
    made = PreviewMade(index=2, description=samples.DOCUMENT)
    changed = PreviewMade(index=2, description=samples.CHANGED_PDF)
    failed = PreviewFailed(index=2, code="pdf_encrypted", details={})
    working = (Act.TYPE_PIN, Act.CONFIRM, Working(stage="signing"))
    begun = (*working, Done(count=412, total=1000))
    yield _batch("batch-inert", hundred, armed=False)
    yield _batch("batch", hundred, Act.TYPE_PIN)
    yield _batch("batch-one", samples.batch(1), Act.TYPE_PIN)
    yield _batch("batch-few", samples.batch(4), Act.TYPE_PIN)
    yield _batch("batch-huge", samples.batch(10_000), Act.TYPE_PIN)
    yield _batch("batch-again", samples.batch(588, again=True))
    yield _batch("batch-excluded", hundred, Act.UNTICK)
    yield _batch("batch-none", hundred, Act.TYPE_PIN, Act.UNTICK_ALL)
    yield _batch("batch-search", hundred, Act.SEARCH)
    yield _batch("batch-search-vain", hundred, Act.SEARCH_VAINLY)
    yield _batch("batch-warned", warned)
    yield _batch("batch-only-warned", warned, Act.ONLY_WARNED)
    yield _batch("batch-hostile", hostile)
    yield _batch("batch-look-waiting", hundred, Act.LOOK)
    yield _batch("batch-look", hundred, Act.LOOK, made)
    yield _batch("batch-look-warned", warned, Act.LOOK, changed)
    yield _batch("batch-look-failed", hundred, Act.LOOK, failed)
    yield _batch("batch-look-hostile", hostile, Act.LOOK, made)
    yield _batch("batch-unplugged", hundred, TokenPresent(present=False))
    rejected = PinRejected(state=PinState(low=True), seconds=_SECONDS)
    yield _batch("batch-rejected", hundred, *working, rejected)
    yield _batch("batch-pin-pad", replace(hundred, pin=PinState(pin_pad=True)))
    yield _batch("batch-working", samples.batch(1000), *begun)
    late = Working(stage="waiting-for-token")
    yield _batch("batch-stopped", samples.batch(1000), *begun, Act.STOP, late)


def _some_warned(question: BatchQuestion) -> tuple[BatchItem, ...]:
    return tuple(
        replace(item, name="Phụ lục.pdf", warnings=("pdf_changed",), kind="pdf", profile="pades")
        if item.index % 34 == 2  # noqa: PLR2004 - three of a hundred
        else item
        for item in question.items
    )


def _batches_in_services() -> Iterator[Scene]:
    in_service = samples.batch(
        100,
        certificate=samples.EVERYWHERE[1],
        pin=PinState(),
        confirmation=Confirmation(pin=True, otp=OtpKind.SENT),
    )
    phone = replace(in_service, confirmation=Confirmation(phone=True))
    approved = (Act.TYPE_PIN, Act.CONFIRM, Working(stage="waiting-for-service"))
    yield _batch("batch-service", in_service, Act.TYPE_PIN)
    yield _batch("batch-otp", in_service, *approved, AskOtp(rejected=False, seconds=_SECONDS))
    calling = OnPhone(seconds=_SECONDS)
    yield _batch("batch-phone", phone, Act.UNTICK, Act.CONFIRM, calling)


def _unseen() -> Iterator[Scene]:
    single = replace(samples.SIGN, name="Hóa đơn 128", description=samples.UNSEEN)
    changed = replace(samples.SIGN, name="Phụ lục.pdf", description=samples.CHANGED_PDF)
    native = replace(samples.DIGESTS, asker=samples.NATIVE, count=1, seconds=90)
    in_service = replace(
        samples.DIGESTS,
        certificate=samples.EVERYWHERE[1],
        confirmation=Confirmation(pin=True, otp=OtpKind.SENT),
    )
    yield _sign("sign-digest", single, Act.TYPE_PIN)
    yield _sign("sign-changed", changed, Act.TYPE_PIN)
    yield _digests("digests", samples.DIGESTS, Act.TYPE_PIN)
    yield _digests("digests-native", native)
    yield _digests("digests-service", in_service)
    for name, asker in (("site-digests", samples.ASKER), ("site-digests-native", samples.NATIVE)):
        site = SiteQuestion(asker=asker, reason=samples.SITE.reason, digests=True)
        yield Scene(name=name, question=AskSite(question=site, seconds=_SECONDS))


def _notices(language: str) -> Iterator[Scene]:
    text = Texts(language).error("pin_locked")
    tell = Tell(title="USB token", text=text, language=language, seconds=_SECONDS)
    yield Scene(name="notice", question=tell)


def _sign(name: str, question: SignQuestion, *then: Act | Command, armed: bool = True) -> Scene:
    ask = AskSign(question=question, seconds=_SECONDS)
    return Scene(name=name, question=ask, then=then, armed=armed)


def _batch(name: str, question: BatchQuestion, *then: Act | Command, armed: bool = True) -> Scene:
    ask = AskBatch(question=question, seconds=_SECONDS)
    return Scene(name=name, question=ask, then=then, armed=armed)


def _digests(name: str, question: DigestsQuestion, *then: Act | Command) -> Scene:
    return Scene(name=name, question=AskDigests(question=question, seconds=_SECONDS), then=then)
