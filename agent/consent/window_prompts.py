"""The `Prompts` of a desktop: every question is a window in a child process of its own.

The agent keeps a second copy of the question's state machine and moves it by nothing but what the
window reports, in the order it reports it: an approval that the table does not allow at that moment
is a refusal, whoever sent it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, assert_never

from agent.consent.origins import shown
from agent.consent.prompts import (
    Approval,
    Asker,
    CertificateFacts,
    Grant,
    SelectDialog,
    SelectQuestion,
    SignDialog,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.states import Consent, Event, OutOfOrderError
from agent.consent.turns import Turns
from agent.consent.window_messages import (
    Answer,
    Approved,
    AskOtp,
    AskSelect,
    AskSign,
    AskSite,
    Certificates,
    Chosen,
    Command,
    Granted,
    Moved,
    OnPhone,
    OtpGiven,
    PinLength,
    PinRejected,
    Question,
    Refused,
    ServicePinRejected,
    Tell,
    TokenPresent,
    Working,
)
from agent.consent.window_process import WINDOW_COMMAND, WindowProcess
from agent.errors import InternalError, UserError
from agent.keys import CertificateId, PinState
from agent.pin import Pin
from protocol.limits import PROMPT_SECONDS

#: What the user can say besides no.
Yes = Granted | Chosen | Approved | OtpGiven

_log = logging.getLogger(__name__)

#: A window that has not appeared by then never will; a slow disk's cold start is well within it.
_START_SECONDS: Final = 20.0
_NOTICE_SECONDS: Final = 120.0


class WindowPrompts:
    """Implements `Prompts`. One instance per agent."""

    def __init__(
        self, *, command: Sequence[str] = WINDOW_COMMAND, prompt_seconds: float = PROMPT_SECONDS
    ) -> None:
        self._command = command
        self._seconds = prompt_seconds
        self._turns = Turns()

    async def ask_site(self, question: SiteQuestion) -> Grant:
        ask = AskSite(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker) as talk:
            try:
                answer, _ = await talk.answer(seconds=self._seconds)
            except UserError as refusal:
                if refusal.code == "user_refused":
                    return Grant.REFUSED
                raise
            grant = answer.grant if isinstance(answer, Granted) else Grant.REFUSED
        if grant is Grant.ALWAYS and not shown(question.asker).may_be_remembered:
            return Grant.ONCE
        return grant

    @asynccontextmanager
    async def select(self, question: SelectQuestion) -> AsyncIterator[SelectDialog]:
        ask = AskSelect(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker) as talk:
            yield _Select(talk, question, seconds=self._seconds)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        ask = AskSign(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker) as talk:
            yield _Sign(talk, seconds=self._seconds)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        """Returns when the user has closed the notice, or after two minutes.

        It waits for no turn, since the question it explains may still hold one.
        """
        notice = Tell(title=title, text=text, language=language, seconds=_NOTICE_SECONDS)
        try:
            window = await WindowProcess.start(notice, command=self._command)
        except OSError:
            _log.warning("no window for a notice could be started")
            return
        async with window:
            try:
                async with asyncio.timeout(_NOTICE_SECONDS):
                    while await window.receive() is not None:
                        pass
            except TimeoutError:
                pass

    @asynccontextmanager
    async def _window(self, question: Question, asker: Asker) -> AsyncIterator["_Talk"]:
        """A visible window for `question`, in its turn, gone when the context ends.

        Raises UserError prompt_busy, InternalError prompt_unavailable.
        """
        async with self._turns.turn(asker.origin, seconds=self._seconds):
            try:
                window = await WindowProcess.start(question, command=self._command)
            except OSError as error:
                raise InternalError("prompt_unavailable") from error
            async with window:
                talk = _Talk(window)
                await talk.visible()
                yield talk


class _Talk:
    """One conversation with one window, judged by the state machine."""

    def __init__(self, window: WindowProcess) -> None:
        self._window = window
        # The window keeps the time; here only the order counts.
        self._consent = Consent(inert_seconds=0.0)

    async def visible(self) -> None:
        """Raises InternalError prompt_unavailable: no display, or the window cannot start."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                received = await self._window.receive()
        except TimeoutError:
            received = None
        match received:
            case (Moved(event=Event.VISIBLE), None):
                self._move(Event.VISIBLE)
            case _:
                raise InternalError("prompt_unavailable")

    async def answer(self, *, seconds: float) -> tuple[Yes, Pin | None]:
        """The user's yes. Raises UserError user_refused, prompt_timeout."""
        try:
            async with asyncio.timeout(seconds):
                while (received := await self._window.receive()) is not None:
                    answer, pin = received
                    if (yes := self._judged(answer, pin)) is not None:
                        return yes, pin
        except TimeoutError:
            if self._consent.allows(Event.TIME_OUT):
                self._move(Event.TIME_OUT)
            raise UserError("prompt_timeout") from None
        self._refuse()
        raise UserError("user_refused")

    async def gone(self) -> None:
        """Returns when the user cancels, or the window is no more."""
        while (received := await self._window.receive()) is not None:
            match received:
                case (Moved(), None):
                    continue
                case (_, pin):
                    _forget(pin)
                    break
        self._refuse()

    def tell(self, command: Command) -> None:
        self._window.send(command)

    def _judged(self, answer: Answer, pin: Pin | None) -> Yes | None:
        """`answer` if it is a yes, None to go on listening. Raises UserError user_refused."""
        try:
            match answer:
                case Moved(event=event):
                    self._consent.receive(event, at=time.monotonic())
                    return None
                case Granted() | Chosen() | Approved():
                    self._consent.receive(Event.APPROVE, at=time.monotonic())
                    return answer
                case OtpGiven():
                    self._consent.receive(Event.OTP_GIVEN, at=time.monotonic())
                    return answer
                case Refused():
                    pass
                case _:
                    assert_never(answer)
        except OutOfOrderError as error:
            _log.warning("the window answered out of order: %s", error)
        _forget(pin)
        self._refuse()
        raise UserError("user_refused")

    def _move(self, event: Event) -> None:
        if self._consent.allows(event):
            self._consent.receive(event, at=time.monotonic())

    def _refuse(self) -> None:
        self._move(Event.REFUSE)


class _Select:
    def __init__(self, talk: _Talk, question: SelectQuestion, *, seconds: float) -> None:
        self._talk = talk
        self._shown = question.certificates
        self._seconds = seconds

    async def choice(self) -> CertificateId:
        answer, _ = await self._talk.answer(seconds=self._seconds)
        usable = {c.id for c in self._shown if c.usable}
        if isinstance(answer, Chosen) and answer.certificate in usable:
            return answer.certificate
        # It was chosen in the very moment its token was pulled.
        raise UserError("certificate_not_found")

    async def show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        self._shown = certificates
        self._talk.tell(Certificates(certificates=certificates))


class _Sign:
    def __init__(self, talk: _Talk, *, seconds: float) -> None:
        self._talk = talk
        self._seconds = seconds

    async def approval(self) -> Approval:
        answer, pin = await self._talk.answer(seconds=self._seconds)
        if not isinstance(answer, Approved):
            _forget(pin)
            raise UserError("user_refused")
        return Approval(pin=pin)

    async def pin_rejected(self, state: PinState) -> None:
        self._talk.tell(PinRejected(state=state, seconds=self._seconds))

    async def pin_length(self) -> None:
        self._talk.tell(PinLength(seconds=self._seconds))

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        self._talk.tell(TokenPresent(present=present))

    async def working(self, stage: str) -> None:
        self._talk.tell(Working(stage=stage))

    async def service_pin_rejected(self) -> None:
        self._talk.tell(ServicePinRejected(seconds=self._seconds))

    async def otp(self, *, rejected: bool) -> Pin:
        self._talk.tell(AskOtp(rejected=rejected, seconds=self._seconds))
        answer, otp = await self._talk.answer(seconds=self._seconds)
        if not isinstance(answer, OtpGiven) or otp is None:
            _forget(otp)
            raise UserError("user_refused")
        return otp

    async def phone(self, *, seconds: float) -> None:
        self._talk.tell(OnPhone(seconds=seconds))

    async def refused_by_user(self) -> None:
        await self._talk.gone()


def _forget(pin: Pin | None) -> None:
    if pin is not None:
        pin.erase()
