"""The `Prompts` of a machine without a display: questions in the terminal, refusal by default."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.consent.choosing import in_order
from agent.consent.origins import shown
from agent.consent.plain import lines, one_line
from agent.consent.prompts import (
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
from agent.consent.terminal_sign import sign_dialog
from agent.consent.terminal_talk import Talk, certificate_lines
from agent.consent.text import Texts
from agent.consent.turns import Turns
from agent.consent.wording import (
    CLAIM_CHARS,
    NAME_CHARS,
    REASON_CHARS,
    digest_words,
    kind_words,
    mst_words,
    remarks,
    size_words,
)
from agent.errors import InternalError
from agent.keys import CertificateId
from protocol.limits import PROMPT_SECONDS

_RULE = "─" * 60
_PREVIEW_CHARS = 2000


class TerminalPrompts:
    """Implements `Prompts`."""

    def __init__(self, terminal: Terminal, *, prompt_seconds: float = PROMPT_SECONDS) -> None:
        self._terminal = terminal
        self._seconds = prompt_seconds
        self._turns = Turns()

    async def ask_site(self, question: SiteQuestion) -> Grant:
        remembered = shown(question.asker).may_be_remembered
        async with self._turn(question.asker) as talk:
            texts = talk.texts
            native = "_native" if shown(question.asker).native else ""
            self._head(question.asker, texts, title=f"site.title{native}", reason=question.reason)
            self._terminal.say(texts(f"site.lead{native}"))
            self._terminal.say(texts(f"site.check{native}"))
            wanted = texts("terminal.site" if remembered else "terminal.site_once")
            typed = (await talk.in_time(self._terminal.line(wanted))).casefold()
            if typed == texts("terminal.once_key"):
                return Grant.ONCE
            if remembered and typed == texts("terminal.always_key"):
                return Grant.ALWAYS
            self._terminal.say(texts("terminal.refused"))
            return Grant.REFUSED

    @asynccontextmanager
    async def select(self, question: SelectQuestion) -> AsyncIterator[SelectDialog]:
        async with self._turn(question.asker) as talk:
            texts = talk.texts
            self._head(question.asker, texts, title="select.title", reason=question.reason)
            if question.wanted_mst is not None:
                self._terminal.say(texts("select.wanted", mst=mst_words(question.wanted_mst)))
            yield _Select(talk, question.certificates)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        async with self._turn(question.asker) as talk:
            texts = talk.texts
            action = "login" if question.action == "login" else "sign"
            self._head(question.asker, texts, title=f"{action}.title")
            self._document(question, texts)
            for line in certificate_lines(question.certificate, texts):
                self._terminal.say(line)
            yield sign_dialog(talk, question)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del language
        self._terminal.say(f"{_RULE}\n{one_line(title, limit=NAME_CHARS)}")
        self._terminal.say(lines(text, limit=_PREVIEW_CHARS))

    @asynccontextmanager
    async def _turn(self, asker: Asker) -> AsyncIterator[Talk]:
        if not self._terminal.is_ours:
            raise InternalError("prompt_unavailable")
        async with self._turns.turn(asker.origin, seconds=self._seconds):
            texts = Texts(asker.language)
            yield Talk(terminal=self._terminal, texts=texts, seconds=self._seconds)

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
    def __init__(self, talk: Talk, certificates: tuple[CertificateFacts, ...]) -> None:
        self._talk = talk
        self._texts = talk.texts
        self._certificates = in_order(certificates)
        self._changed = asyncio.Event()

    async def choice(self) -> CertificateId:
        return await self._talk.in_time(self._chosen())

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
                self._talk.refuse()
            if (found := self._numbered(typed)) is not None:
                return found
            self._talk.say(self._texts("terminal.not_a_choice"))

    async def _typed_or_changed(self) -> str | None:
        """What the user typed; None when tokens came or went first."""
        typing = asyncio.ensure_future(self._talk.terminal.line(self._texts("terminal.select")))
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
            self._talk.say(self._texts("select.empty") + "…")
        for number, facts in enumerate(self._certificates, start=1):
            mark = f"[{number}]" if facts.usable else "   "
            first, *others = certificate_lines(facts, self._texts)
            self._talk.say(f"{mark} {first}")
            for line in others:
                self._talk.say(f"    {line}")

    def _numbered(self, typed: str) -> CertificateId | None:
        usable = {
            str(number): facts.id
            for number, facts in enumerate(self._certificates, start=1)
            if facts.usable
        }
        return usable.get(typed)
