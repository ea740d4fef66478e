"""One question's conversation in the terminal: its language, and how long the user has."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Never, TypeVar

from agent.consent.plain import lines, one_line
from agent.consent.prompts import CertificateFacts
from agent.consent.terminal import Terminal
from agent.consent.text import Texts
from agent.consent.wording import (
    NAME_CHARS,
    certificate_words,
    digest_words,
    kind_words,
    place_words,
    size_words,
    warning_words,
)
from agent.documents import Description
from agent.errors import UserError

T = TypeVar("T")

PREVIEW_CHARS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    terminal: Terminal
    texts: Texts
    seconds: float

    def say(self, text: str = "") -> None:
        self.terminal.say(text)

    async def in_time(self, answer: Awaitable[T]) -> T:
        """Raises UserError prompt_timeout."""
        try:
            async with asyncio.timeout(self.seconds):
                return await answer
        except TimeoutError:
            self.say("\n" + self.texts("terminal.timed_out"))
            raise UserError("prompt_timeout") from None

    def refuse(self) -> Never:
        self.say(self.texts("terminal.refused"))
        raise UserError("user_refused")


def certificate_lines(facts: CertificateFacts, texts: Texts) -> tuple[str, ...]:
    """A certificate, line by line; the holder first."""
    words = certificate_words(facts, texts)
    why_not = texts("terminal.not_usable", reason=words.why_not) if words.why_not else ""
    lines = (
        words.holder,
        f"{texts('certificate.mst')}: {words.mst}",
        f"{texts('certificate.issuer')}: {words.issuer}",
        f"{texts('certificate.validity')}: {words.validity} ({words.state})",
        *(f"{name}: {value}" for name, value in place_words(words, texts)),
        *words.warnings,
        why_not,
    )
    return tuple(filter(None, lines))


def document_lines(name: str, description: Description, texts: Texts) -> tuple[str, ...]:
    """A document, line by line; what must be known of it first."""
    caption = texts("sign.document")
    shown = one_line(name, limit=NAME_CHARS)
    if description.kind == "digest":
        facts = (f"{caption}: {shown}", f"{texts('sign.digest')}: {description.sha256}")
    else:
        kind = f"{kind_words(description.kind, texts)}, {size_words(description.size, texts)}"
        facts = (
            f"{caption}: {shown} ({kind})",
            f"{texts('sign.sha256')}: {digest_words(description.sha256)}",
        )
    content = lines(description.preview, limit=PREVIEW_CHARS).splitlines()
    return (
        *(f"! {warning_words(code, texts)}" for code in description.warnings),
        *facts,
        *(f"  | {line}" for line in content),
    )
