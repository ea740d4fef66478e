"""Answers from a file instead of a person: for tests, and for the headless demo.

It signs without asking anyone, so it is fenced in three ways: the caller must say in so many words
that it runs unattended (the command line flag; a configuration file alone cannot), it works for the
tokens named in the file and no others, and it never tries a PIN that the token rejected, nor any
PIN on a token's last try.

    pin = "12345678"                  # or a list, one for each window that asks
    only_tokens = ["OpenKySo Demo"]
    delay = 0.2                       # seconds before each answer

    [decisions]
    site = "always"                   # "once", "always", "refused"
    select = "first"                  # or an MST, or "refuse"
    sign = "approve"                  # or "refuse"
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal, Never, Self

import msgspec

from agent.consent.choosing import in_order, preselected
from agent.consent.prompts import (
    Approval,
    CertificateFacts,
    Grant,
    SelectDialog,
    SelectQuestion,
    SignDialog,
    SignQuestion,
    SiteQuestion,
)
from agent.errors import UserError
from agent.keys import CertificateId, PinState, TokenInfo
from agent.pin import Pin

_log = logging.getLogger(__name__)


class Decisions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    site: Grant = Grant.REFUSED
    select: str = "refuse"
    sign: Literal["approve", "refuse"] = "refuse"


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not said in the file is refused."""

    only_tokens: tuple[str, ...] = ()
    pin: str | tuple[str, ...] = ()
    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    decisions: Decisions = Decisions()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises OSError, ValueError with the file's name and what is wrong in it."""
        try:
            return msgspec.toml.decode(path.read_bytes(), type=cls)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path}: {error}") from error

    def __repr__(self) -> str:
        return f"Script(only_tokens={self.only_tokens!r}, …)"  # it holds a PIN


class ScriptedPrompts:
    """Implements `Prompts` without a person."""

    def __init__(self, script: Script, *, unattended: Literal[True]) -> None:
        """`unattended` stands for the user's explicit command line flag."""
        if unattended is not True:
            raise ValueError("scripted consent needs the explicit flag")
        self._script = script
        self._windows = 0

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
        number = self._windows
        self._windows += 1
        yield _Sign(self._script, question, number=number)

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
        listed = [c for c in self._certificates if _is_listed(c.token, self._script)]
        wanted = self._script.decisions.select
        if wanted != "first":
            return preselected(listed, wanted_mst=wanted)
        best = preselected(listed, wanted_mst=self._question.wanted_mst)
        return best or next((c.id for c in in_order(listed) if c.usable), None)


class _Sign:
    def __init__(self, script: Script, question: SignQuestion, *, number: int) -> None:
        self._script = script
        self._question = question
        self._number = number
        self._answered = False

    async def approval(self) -> Approval:
        script, question = self._script, self._question
        token = question.certificate.token
        if self._answered or script.decisions.sign == "refuse" or not _is_listed(token, script):
            self._refuse()
        if question.pin.locked or question.pin.final_try:
            self._refuse()
        self._answered = True
        _log.warning("scripted consent: %s approved for %s", question.action, question.asker.origin)
        return Approval(pin=None if question.pin.pin_pad else Pin(self._pin()))

    async def pin_rejected(self, state: PinState) -> None:
        del state

    async def pin_length(self) -> None: ...

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        del present

    async def working(self, stage: str) -> None:
        del stage

    async def service_pin_rejected(self) -> None:
        raise UserError("user_refused")

    async def otp(self, *, rejected: bool) -> Pin:
        del rejected
        raise UserError("user_refused")

    async def phone(self, *, seconds: float) -> None:
        del seconds

    async def refused_by_user(self) -> None:
        await asyncio.Event().wait()

    def _pin(self) -> bytearray:
        """The file's PIN; of several, this window's, and the last one for all that follow."""
        pins = (self._script.pin,) if isinstance(self._script.pin, str) else self._script.pin
        if not pins:
            self._refuse()
        return bytearray(pins[min(self._number, len(pins) - 1)], "utf-8")

    def _refuse(self) -> Never:
        raise UserError("user_refused", origin=self._question.asker.origin)


def _is_listed(token: TokenInfo | None, script: Script) -> bool:
    return token is not None and token.label in script.only_tokens
