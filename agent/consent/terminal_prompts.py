"""The `Prompts` of a machine without a display: questions in the terminal, refusal by default."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Never, TypeVar

from agent.consent.choosing import in_order
from agent.consent.origins import shown
from agent.consent.plain import lines, one_line
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
from agent.consent.terminal import Terminal
from agent.consent.text import Texts
from agent.consent.turns import Turns
from agent.consent.wording import (
    CLAIM_CHARS,
    NAME_CHARS,
    REASON_CHARS,
    certificate_words,
    digest_words,
    kind_words,
    mst_words,
    remarks,
    size_words,
)
from agent.errors import InternalError, UserError
from agent.keys import CertificateId, PinState
from agent.pin import Pin, wipe
from protocol.limits import PROMPT_SECONDS

T = TypeVar("T")

_RULE = "─" * 60
_PREVIEW_CHARS = 2000


class TerminalPrompts:
    """Implements `Prompts`."""

    def __init__(self, terminal: Terminal, *, prompt_seconds: float = PROMPT_SECONDS) -> None:
        self._terminal = terminal
        self._seconds = prompt_seconds
        self._turns = Turns()

    async def ask_site(self, question: SiteQuestion) -> Grant:
        texts = Texts(question.asker.language)
        remembered = shown(question.asker).may_be_remembered
        async with self._turn(question.asker):
            native = "_native" if shown(question.asker).native else ""
            self._head(question.asker, texts, title=f"site.title{native}", reason=question.reason)
            self._terminal.say(texts(f"site.lead{native}"))
            self._terminal.say(texts(f"site.check{native}"))
            wanted = texts("terminal.site" if remembered else "terminal.site_once")
            typed = (await self.in_time(self._terminal.line(wanted), texts)).casefold()
            if typed == texts("terminal.once_key"):
                return Grant.ONCE
            if remembered and typed == texts("terminal.always_key"):
                return Grant.ALWAYS
            self._terminal.say(texts("terminal.refused"))
            return Grant.REFUSED

    @asynccontextmanager
    async def select(self, question: SelectQuestion) -> AsyncIterator[SelectDialog]:
        texts = Texts(question.asker.language)
        async with self._turn(question.asker):
            self._head(question.asker, texts, title="select.title", reason=question.reason)
            if question.wanted_mst is not None:
                self._terminal.say(texts("select.wanted", mst=mst_words(question.wanted_mst)))
            yield _Select(self, self._terminal, texts, question.certificates)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        texts = Texts(question.asker.language)
        async with self._turn(question.asker):
            action = "login" if question.action == "login" else "sign"
            self._head(question.asker, texts, title=f"{action}.title")
            self._document(question, texts)
            for line in _certificate_lines(question.certificate, texts):
                self._terminal.say(line)
            yield _Sign(self, self._terminal, texts, question)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del language
        self._terminal.say(f"{_RULE}\n{one_line(title, limit=NAME_CHARS)}")
        self._terminal.say(lines(text, limit=_PREVIEW_CHARS))

    @asynccontextmanager
    async def _turn(self, asker: Asker) -> AsyncIterator[None]:
        if not self._terminal.is_ours:
            raise InternalError("prompt_unavailable")
        async with self._turns.turn(asker.origin, seconds=self._seconds):
            yield

    async def in_time(self, answer: Awaitable[T], texts: Texts) -> T:
        """Raises UserError prompt_timeout."""
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except TimeoutError:
            self._terminal.say("\n" + texts("terminal.timed_out"))
            raise UserError("prompt_timeout") from None

    def _head(self, asker: Asker, texts: Texts, *, title: str, reason: str = "") -> None:
        origin = shown(asker)
        say = self._terminal.say
        say(f"\n{_RULE}\n{texts(title)}\n")
        say(f"{texts('origin.who_native' if origin.native else 'origin.who')}: {origin.text}")
        for remark in remarks(origin, texts):
            say(remark)
        if asker.client and not origin.native:
            say(texts("origin.claims", client=one_line(asker.client, limit=CLAIM_CHARS)))
        if reason:
            say(texts("origin.reason", reason=one_line(reason, limit=REASON_CHARS)))
        say()

    def _document(self, question: SignQuestion, texts: Texts) -> None:
        say, description = self._terminal.say, question.description
        if description is None:
            say(texts("login.note") + "\n")
            return
        facts = f"{kind_words(description.kind, texts)}, {size_words(description.size, texts)}"
        say(f"{texts('sign.document')}: {one_line(question.name, limit=NAME_CHARS)} ({facts})")
        say(f"{texts('sign.sha256')}: {digest_words(description.sha256)}")
        for line in lines(description.preview, limit=_PREVIEW_CHARS).splitlines():
            say(f"  | {line}")
        say()


class _Select:
    def __init__(
        self,
        prompts: TerminalPrompts,
        terminal: Terminal,
        texts: Texts,
        certificates: tuple[CertificateFacts, ...],
    ) -> None:
        self._prompts = prompts
        self._terminal = terminal
        self._texts = texts
        self._certificates = in_order(certificates)
        self._changed = asyncio.Event()

    async def choice(self) -> CertificateId:
        return await self._prompts.in_time(self._chosen(), self._texts)

    async def show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        self._certificates = in_order(certificates)
        self._changed.set()

    async def _chosen(self) -> CertificateId:
        while True:
            self._changed.clear()
            self._list()
            typed = await self._typed_or_changed()
            if typed is None:
                continue
            if not typed:
                self._terminal.say(self._texts("terminal.refused"))
                raise UserError("user_refused")
            if (found := self._numbered(typed)) is not None:
                return found
            self._terminal.say(self._texts("terminal.not_a_choice"))

    async def _typed_or_changed(self) -> str | None:
        """What the user typed; None when tokens came or went first."""
        typing = asyncio.ensure_future(self._terminal.line(self._texts("terminal.select")))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({typing, changing}, return_when=asyncio.FIRST_COMPLETED)
            return typing.result() if typing.done() else None
        finally:
            typing.cancel()
            changing.cancel()
            await asyncio.gather(typing, changing, return_exceptions=True)

    def _list(self) -> None:
        if not self._certificates:
            self._terminal.say(self._texts("select.empty") + "…")
        for number, facts in enumerate(self._certificates, start=1):
            mark = f"[{number}]" if facts.usable else "   "
            first, *others = _certificate_lines(facts, self._texts)
            self._terminal.say(f"{mark} {first}")
            for line in others:
                self._terminal.say(f"    {line}")

    def _numbered(self, typed: str) -> CertificateId | None:
        usable = {
            str(number): facts.id
            for number, facts in enumerate(self._certificates, start=1)
            if facts.usable
        }
        return usable.get(typed)


class _Sign:
    def __init__(
        self, prompts: TerminalPrompts, terminal: Terminal, texts: Texts, question: SignQuestion
    ) -> None:
        self._prompts = prompts
        self._terminal = terminal
        self._texts = texts
        self._pin_pad = question.pin.pin_pad
        self._token_here = True
        token = question.certificate.token
        self._token = one_line(token.label, limit=64) if token else "USB token"
        self._hint(question.pin)

    async def approval(self) -> Approval:
        asking = self._on_the_reader() if self._pin_pad else self._pin()
        return await self._prompts.in_time(asking, self._texts)

    async def pin_rejected(self, state: PinState) -> None:
        self._terminal.say(self._texts("pin.rejected"))
        self._hint(state)

    async def pin_length(self) -> None:
        self._terminal.say(self._texts("pin.length"))

    async def token_present(self, present: bool) -> None:  # noqa: FBT001 - the port's shape
        self._token_here = present
        self._terminal.say("\n" + self._texts("token.back" if present else "token.removed"))

    async def working(self, stage: str) -> None:
        key = f"stage.{stage}"
        self._terminal.say(self._texts(key if key in self._texts else "stage.signing"))

    async def service_pin_rejected(self) -> None:
        raise UserError("user_refused")

    async def otp(self, *, rejected: bool) -> Pin:
        del rejected
        raise UserError("user_refused")

    async def phone(self, *, seconds: float) -> None:
        del seconds

    async def refused_by_user(self) -> None:
        """Never: a terminal has no button. Ctrl-C stops the agent, and the signature with it."""
        await asyncio.Event().wait()

    async def _on_the_reader(self) -> Approval:
        while True:
            typed = await self._terminal.line(self._texts("terminal.sign"))
            if typed.casefold() != self._texts("terminal.sign_word"):
                self._refuse()
            if self._token_here:
                return Approval(pin=None)
            self._terminal.say(self._texts("token.removed"))

    async def _pin(self) -> Approval:
        while True:
            self._terminal.say(f"{self._token}:")
            typed = await self._terminal.secret(self._texts("terminal.pin"))
            if not typed:
                self._refuse()
            if self._token_here and typed.isascii():
                return Approval(pin=Pin(typed))
            wipe(typed)
            problem = "pin.not_ascii" if self._token_here else "token.removed"
            self._terminal.say(self._texts(problem))

    def _hint(self, state: PinState) -> None:
        if state.locked:
            self._terminal.say(self._texts.error("pin_locked"))
        elif state.final_try:
            self._terminal.say(self._texts("pin.final"))
        elif state.low:
            self._terminal.say(self._texts("pin.low"))

    def _refuse(self) -> Never:
        self._terminal.say(self._texts("terminal.refused"))
        raise UserError("user_refused")


def _certificate_lines(facts: CertificateFacts, texts: Texts) -> tuple[str, ...]:
    words = certificate_words(facts, texts)
    why_not = texts("terminal.not_usable", reason=words.why_not) if words.why_not else ""
    return tuple(
        filter(
            None,
            (
                words.holder,
                f"{texts('certificate.mst')}: {words.mst}",
                f"{texts('certificate.issuer')}: {words.issuer}",
                f"{texts('certificate.validity')}: {words.validity} ({words.state})",
                f"{texts('certificate.token')}: {words.token}" if words.token else "",
                *words.warnings,
                why_not,
            ),
        )
    )
