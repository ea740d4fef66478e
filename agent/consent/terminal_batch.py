"""Many documents in a terminal: listed page by page, looked at and taken out by their numbers."""

import re
import time
from typing import Final

from agent.consent.batch_wording import chosen_words, name_words, type_words, warned_words
from agent.consent.plain import one_line
from agent.consent.prompts import BatchItem, BatchQuestion, Preview
from agent.consent.terminal_talk import Talk, document_lines
from agent.consent.wording import counted, number_words, size_words
from agent.errors import AgentError

_ROWS: Final = 20
_RANGE: Final = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", re.ASCII)
#: Seconds between two lines of progress.
_PROGRESS_SECONDS: Final = 2.0


class Review:
    """The user's agreement to a batch, and what they took out of it."""

    def __init__(self, talk: Talk, question: BatchQuestion, preview: Preview) -> None:
        self._talk = talk
        self._items = question.items
        self._preview = preview
        self._out: set[int] = set()  # positions
        self._page = 0
        self._seen = False

    @property
    def excluded(self) -> frozenset[int]:
        return frozenset(self._items[at].index for at in self._out)

    async def looked_at(self) -> None:
        """The list, once; a PIN will be the agreement. Raises UserError as `given`."""
        if not self._seen:
            await self.given()

    async def given(self) -> None:
        """Raises UserError user_refused, prompt_timeout."""
        texts = self._talk.texts
        word = texts("terminal.sign_word")
        wanted = texts(
            "terminal.batch",
            view=texts("terminal.view_key"),
            next=texts("terminal.next_key"),
            word=word.upper(),
        )
        self._show_page()
        while True:
            line = await self._talk.in_time(self._talk.terminal.line(wanted))
            typed = line.casefold()
            if not typed:
                self._talk.refuse()
            if typed != word:
                await self._do(typed)
            elif len(self._out) == len(self._items):
                self._talk.say(texts("batch.none"))
            else:
                self._seen = True
                return

    async def _do(self, typed: str) -> None:
        texts = self._talk.texts
        view = texts("terminal.view_key")
        if typed == texts("terminal.next_key"):
            self._page = (self._page + 1) % self._pages
            self._show_page()
        elif typed.startswith(view) and len(one := self._numbered(typed.removeprefix(view))) == 1:
            await self._view(self._items[one[0]])
        elif chosen := self._numbered(typed):
            self._toggle(chosen)
        else:
            self._talk.say(texts("terminal.not_a_choice"))

    def _numbered(self, typed: str) -> range:
        """The positions that are meant; none for what means nothing."""
        match = _RANGE.fullmatch(typed.strip())
        if match is None:
            return range(0)
        first = int(match[1])
        last = int(match[2] or first)
        known = 1 <= first <= last <= len(self._items)
        return range(first - 1, last) if known else range(0)

    def _toggle(self, chosen: range) -> None:
        """Take them out, or put them back if all of them are out."""
        if self._out.issuperset(chosen):
            self._out.difference_update(chosen)
        else:
            self._out.update(chosen)
        self._page = chosen[0] // _ROWS
        self._show_page()

    async def _view(self, item: BatchItem) -> None:
        texts, say = self._talk.texts, self._talk.say
        try:
            description = await self._preview(item.index)
        except AgentError as error:
            details = {name: one_line(str(v), limit=80) for name, v in error.details.items()}
            say(texts("batch.unreadable", reason=texts.error(error.code, **details)))
            return
        for line in document_lines(item.name, description, texts):
            say(line)

    @property
    def _pages(self) -> int:
        return -(-len(self._items) // _ROWS)

    def _show_page(self) -> None:
        texts, say = self._talk.texts, self._talk.say
        begin = self._page * _ROWS
        for at, item in enumerate(self._items[begin : begin + _ROWS], start=begin):
            mark = "[ ]" if at in self._out else "[x]"
            facts = f"{type_words(item, texts)}, {size_words(item.size, texts)}"
            warned = warned_words(item, texts)
            say(f"{mark} {at + 1}. {name_words(item)} ({facts}){' ! ' + warned if warned else ''}")
        if self._pages > 1:
            pages = (number_words(n, texts) for n in (self._page + 1, self._pages))
            say(texts("terminal.page", page=next(pages), pages=next(pages)))
        warned_ones = sum(1 for item in self._items if item.warnings)
        if warned_ones:
            say(counted(texts, "batch.warned", warned_ones))
        size = sum(item.size for at, item in enumerate(self._items) if at not in self._out)
        chosen = len(self._items) - len(self._out)
        say(chosen_words(len(self._items), chosen, size, texts))


class Progress:
    """A line now and then."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._said_at = time.monotonic()

    def say(self, count: int, total: int) -> None:
        now = time.monotonic()
        if count < total and now - self._said_at < _PROGRESS_SECONDS:
            return
        self._said_at = now
        texts = self._talk.texts
        done, all_of_them = number_words(count, texts), number_words(total, texts)
        self._talk.say(texts("batch.done", done=done, total=all_of_them))
