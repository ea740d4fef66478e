"""One signature, one window: who asks, what, with which certificate, the PIN, and the progress."""

from PySide6.QtWidgets import QWidget

from agent.consent.origins import shown
from agent.consent.plain import one_line
from agent.consent.prompts import SignQuestion
from agent.consent.text import Texts
from agent.consent.window_messages import AskSign
from agent.consent.windows.cards import asker_card, certificate_card, document_card, unseen_remark
from agent.consent.windows.pieces import Own, Remark
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.preview import Preview
from agent.consent.windows.signing import SigningWindow
from agent.consent.wording import NAME_CHARS, warning_words


class SignWindow(SigningWindow):
    def __init__(self, pipe: Pipe, texts: Texts, ask: AskSign) -> None:
        question = ask.question
        login = question.action == "login"
        super().__init__(
            pipe,
            texts,
            question,
            window_title=texts("login.window" if login else "sign.window"),
            title=texts(_title(question)),
            confirm=texts("button.login" if login else "button.sign"),
            seconds=ask.seconds,
        )
        description = question.description
        remarks = _remarks(question, texts)
        spoken = (_summary(question), *(text for text, _ in remarks))
        self.setAccessibleDescription(" ".join(spoken))
        self.page.addWidget(asker_card(question.asker, texts))
        for text, kind in remarks:
            self.page.addWidget(Remark(text, kind=kind))
        self._preview: Preview | None = None
        if description is not None:
            card = document_card(question.name, description, texts)
            self._preview = card.findChild(Preview)
            self.page.addWidget(card, 1)
        elif login:
            self.page.addWidget(Own(texts("login.note")))
        self.page.addWidget(certificate_card(question.certificate, texts))
        if self._preview is None:
            self.page.addStretch(1)
        self.attend()

    def give_up(self, pixels: int) -> bool:
        return self._preview is not None and self._preview.give_up(pixels)

    def rest(self) -> QWidget:
        return self._preview or self.heading


def _remarks(question: SignQuestion, texts: Texts) -> list[tuple[str, str]]:
    """What must be seen before signing, and how grave it is."""
    codes = question.description.warnings if question.description else ()
    warnings = [(warning_words(code, texts), "warn") for code in codes]
    unseen = [(unseen_remark(question.asker, texts), "danger")] if _unseen(question) else []
    return unseen + warnings


def _unseen(question: SignQuestion) -> bool:
    return question.description is not None and question.description.kind == "digest"


def _title(question: SignQuestion) -> str:
    if question.action == "login":
        return "login.title"
    return "sign.title_digest" if _unseen(question) else "sign.title"


def _summary(question: SignQuestion) -> str:
    """Read aloud by a screen reader when the window opens."""
    name = one_line(question.name, limit=NAME_CHARS)
    holder = one_line(question.certificate.holder, limit=NAME_CHARS)
    return f"{shown(question.asker).text}. {name}. {holder}."
