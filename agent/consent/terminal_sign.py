"""The sign dialogs of a terminal: one for a key on a token, one for a key in a service."""

import asyncio
from typing import Protocol

from agent.consent.batch_wording import subject_words
from agent.consent.plain import one_line
from agent.consent.prompts import Approval, BatchQuestion, KeyQuestion, SignDialog, SignQuestion
from agent.consent.service_wording import (
    clock_words,
    otp_claim,
    otp_source,
    phone_instruction,
    pin_help,
    what_follows,
)
from agent.consent.terminal_batch import Progress
from agent.consent.terminal_talk import Talk
from agent.errors import UserError
from agent.keys import Confirmation, PinState, ServiceInfo
from agent.pin import Pin, wipe


class Agreement(Protocol):
    """How the user agrees where no PIN is typed, and what precedes the PIN where one is."""

    @property
    def excluded(self) -> frozenset[int]: ...

    async def looked_at(self) -> None:
        """Raises UserError user_refused, prompt_timeout."""

    async def given(self) -> None:
        """Raises UserError user_refused, prompt_timeout."""


def sign_dialog(
    talk: Talk, question: KeyQuestion, agreement: Agreement | None = None
) -> SignDialog:
    agreement = agreement or _Word(talk)
    service = question.certificate.service
    if service is not None:
        return _InService(talk, question, service, agreement)
    return _OnToken(talk, question, agreement)


class _Word:
    """The word typed out; a PIN that is typed is agreement enough."""

    excluded: frozenset[int] = frozenset()

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    async def looked_at(self) -> None: ...

    async def given(self) -> None:
        talk = self._talk
        typed = await talk.in_time(talk.terminal.line(talk.texts("terminal.sign")))
        if typed.casefold() != talk.texts("terminal.sign_word"):
            talk.refuse()


class _OnToken:
    def __init__(self, talk: Talk, question: KeyQuestion, agreement: Agreement) -> None:
        self._talk = talk
        self._agreement = agreement
        self._progress = Progress(talk)
        self._signs_many = isinstance(question, BatchQuestion)
        self._at_work = asyncio.Event()
        self._pin_pad = question.pin.pin_pad
        self._token_here = True
        token = question.certificate.token
        self._token = one_line(token.label, limit=64) if token else "USB token"
        self._hint(question.pin)

    async def approval(self) -> Approval:
        if self._pin_pad:
            await self._on_the_reader()
            return Approval(pin=None, excluded=self._agreement.excluded)
        await self._agreement.looked_at()
        pin = await self._talk.in_time(self._pin())
        return Approval(pin=pin, excluded=self._agreement.excluded)

    async def pin_rejected(self, state: PinState) -> None:
        self._talk.say(self._talk.texts("pin.rejected"))
        self._hint(state)

    async def pin_length(self) -> None:
        self._talk.say(self._talk.texts("pin.length"))

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        self._token_here = present
        self._talk.say("\n" + self._talk.texts("token.back" if present else "token.removed"))

    async def working(self, stage: str) -> None:
        _tell_stage(self._talk, stage, signing="signing")

    async def service_pin_rejected(self) -> None:
        """There is no service here."""

    async def otp(self, *, rejected: bool) -> Pin:
        """There is no service here. Raises UserError user_refused."""
        del rejected
        raise UserError("user_refused")

    async def phone(self, *, seconds: float) -> None:
        """There is no service here."""
        del seconds

    async def refused_by_user(self) -> None:
        """Of many: Enter. Of one never: Ctrl-C stops the agent, and the signature with it."""
        await self._at_work.wait()
        await _stopped(self._talk)

    async def done(self, count: int, total: int) -> None:
        self._progress.say(count, total)
        if self._signs_many:
            self._at_work.set()

    async def _on_the_reader(self) -> None:
        while True:
            await self._agreement.given()
            if self._token_here:
                return
            self._talk.say(self._talk.texts("token.removed"))

    async def _pin(self) -> Pin:
        while True:
            self._talk.say(f"{self._token}:")
            typed = await self._talk.terminal.secret(self._talk.texts("terminal.pin"))
            if not typed:
                self._talk.refuse()
            if self._token_here and typed.isascii():
                return Pin(typed)
            wipe(typed)
            problem = "pin.not_ascii" if self._token_here else "token.removed"
            self._talk.say(self._talk.texts(problem))

    def _hint(self, state: PinState) -> None:
        if state.locked:
            self._talk.say(self._talk.texts.error("pin_locked"))
        elif state.final_try:
            self._talk.say(self._talk.texts("pin.final"))
        elif state.low:
            self._talk.say(self._talk.texts("pin.low"))


class _InService:
    def __init__(
        self, talk: Talk, question: KeyQuestion, service: ServiceInfo, agreement: Agreement
    ) -> None:
        self._talk = talk
        self._service = service
        self._agreement = agreement
        self._progress = Progress(talk)
        self._question = question
        self._single = isinstance(question, SignQuestion)
        self._at_work = asyncio.Event()
        self._asked = question.confirmation or Confirmation()
        self._on_phone = asyncio.Event()
        for sentence in what_follows(service, self._asked, talk.texts, button="Enter"):
            talk.say(sentence)

    async def approval(self) -> Approval:
        if not self._asked.pin:
            await self._agreement.given()
            return Approval(pin=None, excluded=self._agreement.excluded)
        await self._agreement.looked_at()
        texts = self._talk.texts
        self._talk.say(pin_help(self._service, texts))
        pin = self._secret(texts("service.pin"), not_ascii="pin.not_ascii")
        typed = await self._talk.in_time(pin)
        return Approval(pin=typed, excluded=self._agreement.excluded)

    async def service_pin_rejected(self) -> None:
        self._talk.say(self._talk.texts("service.pin_rejected"))

    async def otp(self, *, rejected: bool) -> Pin:
        texts = self._talk.texts
        if rejected:
            self._talk.say(texts("otp.rejected"))
        for sentence in (
            otp_source(self._service, self._asked, texts),
            otp_claim(self._asked, texts),
        ):
            if sentence:
                self._talk.say(sentence)
        otp = self._secret(texts("otp.label"), not_ascii="otp.not_ascii")
        return await self._talk.in_time(otp)

    async def phone(self, *, seconds: float) -> None:
        if self._on_phone.is_set():
            return  # said already; a terminal has no clock to correct
        texts, say = self._talk.texts, self._talk.say
        say(texts("phone.title"))
        say(phone_instruction(self._service, texts, single=self._single))
        excluded = len(self._agreement.excluded)
        say(f"  {subject_words(self._question, texts, excluded=excluded)}")
        say(texts("terminal.phone_check" if self._single else "terminal.phone_check_many"))
        say(f"{texts('phone.left')}: {clock_words(seconds)}")
        self._on_phone.set()

    async def working(self, stage: str) -> None:
        _tell_stage(self._talk, stage, signing="waiting-for-service")

    async def refused_by_user(self) -> None:
        """Enter, while the phone is waited for or many are signed: nothing else reads the keyboard
        then.
        """
        waits = [asyncio.ensure_future(one.wait()) for one in (self._on_phone, self._at_work)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if self._at_work.is_set():
            await _stopped(self._talk)
            return
        await self._talk.terminal.line(self._talk.texts("terminal.phone"))
        self._talk.say(self._talk.texts("terminal.refused"))

    async def done(self, count: int, total: int) -> None:
        self._progress.say(count, total)
        if not self._single:
            self._at_work.set()

    async def pin_rejected(self, state: PinState) -> None:
        """There is no token here."""
        del state

    async def pin_length(self) -> None:
        """There is no token here."""

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        """There is no token here."""
        del present

    async def _secret(self, label: str, *, not_ascii: str) -> Pin:
        texts = self._talk.texts
        wanted = " ".join((label.replace("&", ""), texts("terminal.secret")))
        while True:
            typed = await self._talk.terminal.secret(wanted)
            if not typed:
                self._talk.refuse()
            if typed.isascii():
                return Pin(typed)
            wipe(typed)
            self._talk.say(texts(not_ascii))


async def _stopped(talk: Talk) -> None:
    await talk.terminal.line(talk.texts("terminal.stop"))
    talk.say(talk.texts("terminal.stopped"))


def _tell_stage(talk: Talk, stage: str, *, signing: str) -> None:
    key = f"stage.{stage}"
    known = stage != "signing" and key in talk.texts
    talk.say(talk.texts(key if known else f"stage.{signing}"))
