"""The sign dialogs of a terminal: one for a key on a token, one for a key in a service."""

import asyncio

from agent.consent.plain import one_line
from agent.consent.prompts import Approval, SignDialog, SignQuestion
from agent.consent.service_wording import (
    clock_words,
    otp_claim,
    otp_source,
    phone_instruction,
    pin_help,
    what_follows,
)
from agent.consent.terminal_talk import Talk
from agent.consent.wording import NAME_CHARS
from agent.errors import UserError
from agent.keys import Confirmation, PinState, ServiceInfo
from agent.pin import Pin, wipe


def sign_dialog(talk: Talk, question: SignQuestion) -> SignDialog:
    service = question.certificate.service
    if service is not None:
        return _InService(talk, question, service)
    return _OnToken(talk, question)


class _OnToken:
    def __init__(self, talk: Talk, question: SignQuestion) -> None:
        self._talk = talk
        self._pin_pad = question.pin.pin_pad
        self._token_here = True
        token = question.certificate.token
        self._token = one_line(token.label, limit=64) if token else "USB token"
        self._hint(question.pin)

    async def approval(self) -> Approval:
        return await self._talk.in_time(self._on_the_reader() if self._pin_pad else self._pin())

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
        """Never: a terminal has no button. Ctrl-C stops the agent, and the signature with it."""
        await asyncio.Event().wait()

    async def _on_the_reader(self) -> Approval:
        while True:
            await _agreement(self._talk)
            if self._token_here:
                return Approval(pin=None)
            self._talk.say(self._talk.texts("token.removed"))

    async def _pin(self) -> Approval:
        while True:
            self._talk.say(f"{self._token}:")
            typed = await self._talk.terminal.secret(self._talk.texts("terminal.pin"))
            if not typed:
                self._talk.refuse()
            if self._token_here and typed.isascii():
                return Approval(pin=Pin(typed))
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
    def __init__(self, talk: Talk, question: SignQuestion, service: ServiceInfo) -> None:
        self._talk = talk
        self._service = service
        self._name = one_line(question.name, limit=NAME_CHARS)
        self._asked = question.confirmation or Confirmation()
        self._on_phone = asyncio.Event()
        for sentence in what_follows(service, self._asked, talk.texts, button="Enter"):
            talk.say(sentence)

    async def approval(self) -> Approval:
        if not self._asked.pin:
            await self._talk.in_time(_agreement(self._talk))
            return Approval(pin=None)
        texts = self._talk.texts
        self._talk.say(pin_help(self._service, texts))
        pin = self._secret(texts("service.pin"), not_ascii="pin.not_ascii")
        return Approval(pin=await self._talk.in_time(pin))

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
        say(phone_instruction(self._service, texts))
        say(f"  {self._name}")
        say(texts("terminal.phone_check"))
        say(f"{texts('phone.left')}: {clock_words(seconds)}")
        self._on_phone.set()

    async def working(self, stage: str) -> None:
        _tell_stage(self._talk, stage, signing="waiting-for-service")

    async def refused_by_user(self) -> None:
        """Enter cancels, while the phone is waited for: nothing else reads the keyboard then."""
        await self._on_phone.wait()
        await self._talk.terminal.line(self._talk.texts("terminal.phone"))
        self._talk.say(self._talk.texts("terminal.refused"))

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


async def _agreement(talk: Talk) -> None:
    """The word typed out. Raises UserError user_refused."""
    typed = await talk.terminal.line(talk.texts("terminal.sign"))
    if typed.casefold() != talk.texts("terminal.sign_word"):
        talk.refuse()


def _tell_stage(talk: Talk, stage: str, *, signing: str) -> None:
    key = f"stage.{stage}"
    known = stage != "signing" and key in talk.texts
    talk.say(talk.texts(key if known else f"stage.{signing}"))
