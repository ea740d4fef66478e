"""The `Prompts` of a desktop: every question is a window in a child process of its own.

How an answer is judged is in `window_talk`; what a use case hears of it, in `window_dialogs`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from agent.consent.origins import shown
from agent.consent.picking import files
from agent.consent.prompts import (
    Asker,
    BatchQuestion,
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
from agent.consent.turns import Turns
from agent.consent.window_dialogs import Select, Sign, SignBatch
from agent.consent.window_messages import (
    AskBatch,
    AskDigests,
    AskPick,
    AskSelect,
    AskSign,
    AskSite,
    Granted,
    Picked,
    PickedAll,
    Question,
    Tell,
)
from agent.consent.window_previews import Previews
from agent.consent.window_process import WINDOW_COMMAND, WindowProcess
from agent.consent.window_talk import Aside, WindowTalk, forget
from agent.errors import InternalError, UserError
from protocol.limits import MAX_PICKED_FILES, PROMPT_SECONDS

_log = logging.getLogger(__name__)

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
            yield Select(talk, question, seconds=self._seconds)

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator[SignDialog]:
        ask = AskSign(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker) as talk:
            yield Sign(talk, seconds=self._seconds)

    @asynccontextmanager
    async def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AsyncIterator[SignDialog]:
        ask = AskBatch(question=question, seconds=self._seconds)
        previews = Previews(question, preview)
        async with (
            self._window(ask, question.asker, aside=previews.want) as talk,
            previews.being_made(talk.tell),
        ):
            dialog = SignBatch(talk, question, seconds=self._seconds)
            try:
                yield dialog
            finally:
                dialog.close()

    @asynccontextmanager
    async def open_digests(self, question: DigestsQuestion) -> AsyncIterator[SignDialog]:
        ask = AskDigests(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker) as talk:
            yield Sign(talk, seconds=self._seconds)

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        picked: list[Path] = []

        def hear(aside: Aside) -> bool:
            if not isinstance(aside, Picked) or len(picked) >= MAX_PICKED_FILES:
                return False
            picked.append(Path(aside.path))
            return True

        ask = AskPick(question=question, seconds=self._seconds)
        async with self._window(ask, question.asker, aside=hear) as talk:
            answer, pin = await talk.answer(seconds=self._seconds)
        forget(pin)
        if isinstance(answer, PickedAll) and answer.count == len(picked):
            # In a thread: a folder of the network may take its time.
            chosen = await asyncio.to_thread(files, question, picked)
            if chosen is not None:
                return chosen
        _log.warning("the dialog for files answered with what are none")
        raise UserError("user_refused", origin=question.asker.origin)

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
    async def _window(
        self,
        question: Question,
        asker: Asker,
        *,
        aside: Callable[[Aside], bool] | None = None,
    ) -> AsyncIterator[WindowTalk]:
        """A visible window for `question`, in its turn, gone when the context ends.

        Raises UserError prompt_busy, InternalError prompt_unavailable.
        """
        async with self._turns.turn(asker.origin, seconds=self._seconds):
            try:
                window = await WindowProcess.start(question, command=self._command)
            except OSError as error:
                raise InternalError("prompt_unavailable") from error
            async with window:
                talk = WindowTalk(window, aside=aside)
                await talk.visible()
                yield talk
