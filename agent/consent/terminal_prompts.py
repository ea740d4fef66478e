"""The `Prompts` of a machine without a display: questions in the terminal, refusal by default."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.consent.batch_wording import title_words
from agent.consent.choosing import in_order
from agent.consent.origins import shown
from agent.consent.plain import lines, one_line
from agent.consent.prompts import (
    Asker,
    BatchQuestion,
    CertificateFacts,
    DigestsQuestion,
    Grant,
    PickQuestion,
    Preview,
    SelectDialog,
    SelectQuestion,
    SignDialog,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.terminal import Terminal
from agent.consent.terminal_batch import Review
from agent.consent.terminal_pick import picked
from agent.consent.terminal_sign import sign_dialog
from agent.consent.terminal_talk import PREVIEW_CHARS, Talk, certificate_lines, document_lines
from agent.consent.text import Texts
from agent.consent.turns import Turns
from agent.consent.wording import (
    CLAIM_CHARS,
    NAME_CHARS,
    REASON_CHARS,
    counted,
    duration_words,
    mst_words,
    pick_title,
    remarks,
)
from agent.errors import InternalError
from agent.keys import CertificateId
from protocol.limits import PROMPT_SECONDS

_RULE = "─" * 60


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
            asker = question.asker
            self._head(asker, texts, title=texts(_of(asker, "site.title")), reason=question.reason)
            told = ("site.lead", *(("site.digests",) if question.digests else ()), "site.check")
            for key in told:
                self._terminal.say(texts(_of(asker, key)))
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
            self._head(question.asker, texts, title=texts("select.title"), reason=question.reason)
            if question.wanted_mst is not None:
                self._terminal.say(texts("select.wanted", mst=mst_words(question.wanted_mst)))
            yield _Select(talk, question.certificates)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        async with self._turn(question.asker) as talk:
            texts = talk.texts
            self._head(question.asker, texts, title=texts(_title(question)))
            self._document(question, texts)
            self._certificate(question.certificate, texts)
            yield sign_dialog(talk, question)

    @asynccontextmanager
    async def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AsyncIterator[SignDialog]:
        async with self._turn(question.asker) as talk:
            texts = talk.texts
            title = title_words(question, texts)
            self._head(question.asker, texts, title=title, reason=question.reason)
            if question.again:
                self._terminal.say(texts("batch.again") + "\n")
            self._certificate(question.certificate, texts)
            yield sign_dialog(talk, question, Review(talk, question, preview))

    @asynccontextmanager
    async def open_digests(self, question: DigestsQuestion) -> AsyncIterator[SignDialog]:
        asker = question.asker
        async with self._turn(asker) as talk:
            texts = talk.texts
            title = texts(_of(asker, "digests.title"))
            self._head(asker, texts, title=title, reason=question.reason)
            time = duration_words(question.seconds, texts)
            extent = counted(texts, _of(asker, "digests.extent"), question.count, time=time)
            for sentence in (texts(_of(asker, "digests.warning")), extent, ""):
                self._terminal.say(sentence)
            self._certificate(question.certificate, texts)
            yield sign_dialog(talk, question)

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        async with self._turn(question.asker) as talk:
            title = pick_title(question, talk.texts)
            self._head(question.asker, talk.texts, title=title, reason=question.reason)
            return await picked(talk, question)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del language
        self._terminal.say(f"{_RULE}\n{one_line(title, limit=NAME_CHARS)}")
        self._terminal.say(lines(text, limit=PREVIEW_CHARS))

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
        say(f"\n{_RULE}\n{title}\n")
        say(f"{texts('origin.who_native' if origin.native else 'origin.who')}: {origin.text}")
        for remark in remarks(origin, texts):
            say(remark)
        if asker.client and not origin.native:
            say(texts("origin.claims", client=one_line(asker.client, limit=CLAIM_CHARS)))
        if reason:
            say(texts("origin.reason", reason=one_line(reason, limit=REASON_CHARS)))
        say()

    def _certificate(self, certificate: CertificateFacts, texts: Texts) -> None:
        for line in certificate_lines(certificate, texts):
            self._terminal.say(line)

    def _document(self, question: SignQuestion, texts: Texts) -> None:
        description = question.description
        if description is None:
            self._terminal.say(texts("login.note") + "\n")
            return
        if description.kind == "digest":
            self._terminal.say(texts(_of(question.asker, "digests.warning")))
        for line in document_lines(question.name, description, texts):
            self._terminal.say(line)
        self._terminal.say()


def _title(question: SignQuestion) -> str:
    if question.action == "login":
        return "login.title"
    unseen = question.description is not None and question.description.kind == "digest"
    return "sign.title_digest" if unseen else "sign.title"


def _of(asker: Asker, key: str) -> str:
    """The key of what is said of a program, or of a page."""
    return f"{key}_native" if shown(asker).native else key


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
