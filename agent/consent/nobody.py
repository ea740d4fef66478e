"""The `Prompts` of an agent that has neither a screen nor a terminal: every question is an error.

A refusal would be a lie, for nobody refused; the page says why nothing can be signed here.
"""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from agent.consent.prompts import (
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
from agent.errors import InternalError


class NobodyToAsk:
    async def ask_site(self, question: SiteQuestion) -> Grant:
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    def select(self, question: SelectQuestion) -> AbstractAsyncContextManager[SelectDialog]:
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    def sign(self, question: SignQuestion) -> AbstractAsyncContextManager[SignDialog]:
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AbstractAsyncContextManager[SignDialog]:
        del preview
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    def open_digests(self, question: DigestsQuestion) -> AbstractAsyncContextManager[SignDialog]:
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        raise InternalError("prompt_unavailable", origin=question.asker.origin)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del title, text, language
