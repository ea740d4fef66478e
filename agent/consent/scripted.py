"""Answers from a file instead of a person: for tests, and for the headless demo.

It signs without asking anyone, so it is fenced:

1. The caller must say in so many words that it runs unattended (the command line flag; a
   configuration file alone cannot).
2. It works for the tokens, and for the hosts of signing services, that are named in the file, and
   for no others.
3. It never tries a PIN that the token or the service rejected, nor any PIN on a token's last try.
   Once a service has rejected a PIN, that PIN is not given for the certificate again.
4. A one-time password that was rejected is followed by the file's next one, or by a refusal.

What the file says is in `agent.consent.script`. A confirmation on the phone is not scripted: it
happens at the service, and the window only waits.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Never

from agent.consent.choosing import in_order, preselected
from agent.consent.picking import files, most
from agent.consent.prompts import (
    Approval,
    BatchQuestion,
    CertificateFacts,
    DigestsQuestion,
    Grant,
    KeyQuestion,
    PickQuestion,
    Preview,
    SelectDialog,
    SelectQuestion,
    SignDialog,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.script import Script, Supply
from agent.errors import UserError
from agent.keys import CertificateId, Confirmation, PinState
from agent.pin import Pin

_log = logging.getLogger(__name__)


class ScriptedPrompts:
    """Implements `Prompts` without a person."""

    def __init__(self, script: Script, *, unattended: Literal[True]) -> None:
        """`unattended` stands for the user's explicit command line flag."""
        if unattended is not True:
            raise ValueError("scripted consent needs the explicit flag")
        self._script = script
        self._secrets = _Secrets(script)

    async def ask_site(self, question: SiteQuestion) -> Grant:
        await self._think()
        grant = self._script.decisions.site
        _log.warning("scripted consent: %s for site %s", grant, question.asker.origin)
        return grant

    @asynccontextmanager
    async def select(self, question: SelectQuestion) -> AsyncIterator[SelectDialog]:
        await self._think()
        yield _Select(self._script, question)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        await self._think()
        yield _Sign(self._script, question, self._secrets)

    @asynccontextmanager
    async def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AsyncIterator[SignDialog]:
        del preview  # nobody looks
        await self._think()
        yield _Sign(self._script, question, self._secrets)

    @asynccontextmanager
    async def open_digests(self, question: DigestsQuestion) -> AsyncIterator[SignDialog]:
        await self._think()
        yield _Sign(self._script, question, self._secrets)

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        await self._think()
        named = [Path(name) for name in self._script.pick[: most(question)]]
        chosen = await asyncio.to_thread(files, question, named)
        if chosen is None:
            raise UserError("user_refused", origin=question.asker.origin)
        _log.warning("scripted consent: %d files for %s", len(chosen), question.asker.origin)
        return chosen

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del language
        _log.info("scripted consent was told: %s: %s", title, text)

    async def _think(self) -> None:
        await asyncio.sleep(self._script.delay)


class _Select:
    def __init__(self, script: Script, question: SelectQuestion) -> None:
        self._script = script
        self._question = question
        self._changed = asyncio.Event()
        self._certificates = question.certificates

    async def choice(self) -> CertificateId:
        """Waits, like a person, for a listed token to be plugged in."""
        if self._script.decisions.select == "refuse":
            raise UserError("user_refused", origin=self._question.asker.origin)
        while (found := self._found()) is None:
            self._changed.clear()
            await self._changed.wait()
        return found

    async def show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        self._certificates = certificates
        self._changed.set()

    def _found(self) -> CertificateId | None:
        listed = [c for c in self._certificates if self._script.lists(c)]
        wanted = self._script.decisions.select
        if wanted != "first":
            return preselected(listed, wanted_mst=wanted)
        best = preselected(listed, wanted_mst=self._question.wanted_mst)
        return best or next((c.id for c in in_order(listed) if c.usable), None)


class _Secrets:
    """What is left of the file's secrets, and which PINs services have rejected."""

    def __init__(self, script: Script) -> None:
        self.pins = Supply(script.pin)
        self.service_pins = Supply(script.service_pin)
        self.otps = Supply(script.otp)
        self.rejected: set[tuple[CertificateId, str]] = set()


class _Sign:
    """The same dialog for a token's key and a service's; `confirmation` tells which."""

    def __init__(self, script: Script, question: KeyQuestion, secrets: _Secrets) -> None:
        self._script = script
        self._question = question
        self._secrets = secrets
        self._given: str | None = None  # the service's PIN that was given last
        self._answered = False

    async def approval(self) -> Approval:
        question = self._question
        listed = self._script.lists(question.certificate)
        if self._answered or self._script.decisions.sign == "refuse" or not listed:
            self._refuse()
        excluded = self._excluded()
        if question.certificate.service is None:
            pin = self._token_pin()
        else:
            pin = self._service_pin(question.confirmation or Confirmation())
        self._answered = True
        _log.warning(
            "scripted consent: %s approved for %s", _called(question), question.asker.origin
        )
        return Approval(pin=pin, excluded=excluded)

    async def pin_rejected(self, state: PinState) -> None:
        del state

    async def pin_length(self) -> None: ...

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        del present

    async def working(self, stage: str) -> None:
        del stage

    async def service_pin_rejected(self) -> None:
        if self._given is not None:
            self._secrets.rejected.add((self._question.certificate.id, self._given))
            self._answered = False  # the file may have another

    async def otp(self, *, rejected: bool) -> Pin:
        if not self._answered or (rejected and self._secrets.otps.repeats):
            self._refuse()
        return self._typed(self._secrets.otps.take())

    async def phone(self, *, seconds: float) -> None:
        _log.info("scripted consent: waiting %.0f s for the confirmation on the phone", seconds)

    async def refused_by_user(self) -> None:
        await asyncio.Event().wait()

    async def done(self, count: int, total: int) -> None:
        del count, total

    def _excluded(self) -> frozenset[int]:
        if not isinstance(self._question, BatchQuestion):
            return frozenset()
        items = self._question.items
        excluded = frozenset(item.index for item in items if item.name in self._script.exclude)
        if len(excluded) == len(items):
            self._refuse()
        return excluded

    def _token_pin(self) -> Pin | None:
        state = self._question.pin
        if state.locked or state.final_try:
            self._refuse()
        return None if state.pin_pad else self._typed(self._secrets.pins.take())

    def _service_pin(self, confirmation: Confirmation) -> Pin | None:
        if not confirmation.pin:
            return None
        self._given = self._secrets.service_pins.take()
        if (self._question.certificate.id, self._given) in self._secrets.rejected:
            self._refuse()
        return self._typed(self._given)

    def _typed(self, secret: str | None) -> Pin:
        if secret is None:
            self._refuse()
        return Pin(bytearray(secret, "utf-8"))

    def _refuse(self) -> Never:
        raise UserError("user_refused", origin=self._question.asker.origin)


def _called(question: KeyQuestion) -> str:
    match question:
        case SignQuestion(action=action):
            return action
        case BatchQuestion(items=items):
            return f"a batch of {len(items)}"
        case DigestsQuestion(count=count):
            return f"a session of {count} digests"
