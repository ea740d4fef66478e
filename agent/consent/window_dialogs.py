"""The dialogs of `window_prompts`: what the use case says to a window, and what it hears of it."""

import asyncio
from dataclasses import replace
from typing import Final

from agent.consent.prompts import Approval, BatchQuestion, CertificateFacts, SelectQuestion
from agent.consent.window_messages import (
    Approved,
    AskOtp,
    Certificates,
    Chosen,
    Done,
    OnPhone,
    OtpGiven,
    PinLength,
    PinRejected,
    ServicePinRejected,
    TokenPresent,
    Working,
    positions,
)
from agent.consent.window_talk import WindowTalk, forget
from agent.errors import UserError
from agent.keys import CertificateId, PinState
from agent.pin import Pin

#: Seconds between two reports of a batch's progress: no eye is faster.
_DONE_SECONDS: Final = 0.05


class Select:
    def __init__(self, talk: WindowTalk, question: SelectQuestion, *, seconds: float) -> None:
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


class Sign:
    def __init__(self, talk: WindowTalk, *, seconds: float) -> None:
        self._talk = talk
        self._seconds = seconds

    async def approval(self) -> Approval:
        return (await self._approved())[0]

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
            forget(otp)
            raise UserError("user_refused")
        return otp

    async def phone(self, *, seconds: float) -> None:
        self._talk.tell(OnPhone(seconds=seconds))

    async def refused_by_user(self) -> None:
        await self._talk.gone()

    async def done(self, count: int, total: int) -> None:
        """There is one document here, or none."""
        del count, total

    async def _approved(self) -> tuple[Approval, bytes]:
        """With the bits of what was taken out."""
        answer, pin = await self._talk.answer(seconds=self._seconds)
        if not isinstance(answer, Approved):
            forget(pin)
            raise UserError("user_refused")
        return Approval(pin=pin), answer.excluded


class SignBatch(Sign):
    """As for one, with documents that may be taken out, and progress."""

    def __init__(self, talk: WindowTalk, question: BatchQuestion, *, seconds: float) -> None:
        super().__init__(talk, seconds=seconds)
        self._items = question.items
        self._stage = ""
        self._done: Done | None = None
        self._said_at = 0.0
        self._later: asyncio.TimerHandle | None = None

    async def approval(self) -> Approval:
        approval, raw = await self._approved()
        excluded = positions(raw)
        # Somebody who approves of nothing has not approved.
        if len(excluded) >= len(self._items) or max(excluded, default=0) >= len(self._items):
            forget(approval.pin)
            raise UserError("user_refused")
        return replace(approval, excluded=frozenset(self._items[at].index for at in excluded))

    async def working(self, stage: str) -> None:
        # It may be said for each document.
        if stage != self._stage:
            self._stage = stage
            await super().working(stage)

    async def done(self, count: int, total: int) -> None:
        self._done = Done(count=count, total=total)
        loop = asyncio.get_running_loop()
        due = self._said_at + _DONE_SECONDS
        if count >= total or loop.time() >= due:
            self._say()
        elif self._later is None:
            self._later = loop.call_at(due, self._say)

    def close(self) -> None:
        if self._later is not None:
            self._later.cancel()

    def _say(self) -> None:
        self.close()
        self._later = None
        self._said_at = asyncio.get_running_loop().time()
        if self._done is not None:
            self._talk.tell(self._done)
