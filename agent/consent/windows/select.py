"""Which certificate? The list lives: tokens come and go while the window is open."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from agent.consent.choosing import in_order, preselected
from agent.consent.origins import shown
from agent.consent.prompts import CertificateFacts
from agent.consent.text import Texts
from agent.consent.window_messages import AskSelect, Certificates, Chosen, Command
from agent.consent.windows.cards import asker_card
from agent.consent.windows.choices import Choices
from agent.consent.windows.pieces import Card, Own
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.wording import mst_words


class SelectWindow(QuestionWindow):
    def __init__(self, pipe: Pipe, texts: Texts, ask: AskSelect) -> None:
        question = ask.question
        super().__init__(
            pipe,
            texts,
            window_title=texts("select.window"),
            title=texts("select.title"),
            seconds=ask.seconds,
        )
        self._wanted = question.wanted_mst
        self._certificates: tuple[CertificateFacts, ...] = ()
        self.setAccessibleDescription(f"{shown(question.asker).text}. {texts('select.lead')}")
        self.page.addWidget(asker_card(question.asker, texts, reason=question.reason))
        self.page.addWidget(Own(texts("select.lead"), kind="small"))
        if self._wanted is not None:
            wanted = texts("select.wanted", mst=mst_words(self._wanted))
            self.page.addWidget(Own(wanted, kind="strong"))

        self.choices = Choices(texts)
        self.choices.changed.connect(self._looked_at)
        self.choices.confirmed.connect(self._confirm)
        self.waiting = _waiting(texts)
        self.page.addWidget(self.waiting)
        self.page.addWidget(self.choices)
        self.page.addStretch(1)
        self.note = Own(kind="muted")
        self.dock.addWidget(self.note)

        self.refuse = self.add_refusal(texts("button.cancel"))
        self.choose = self.add_confirmation(texts("button.select"), kind="primary")
        self.choose.clicked.connect(self._confirm)
        self._show(question.certificates)
        QWidget.setTabOrder(self.choose, self.refuse)

    def ready(self) -> bool:
        return (current := self.choices.current()) is not None and current.usable

    def obey(self, command: Command) -> None:
        if isinstance(command, Certificates):
            self._show(command.certificates)

    def _show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        """Fill the list, keeping the user's choice, else choosing what was asked for."""
        current = self.choices.current()
        self._certificates = in_order(certificates)
        chosen = preselected(
            self._certificates,
            wanted_mst=self._wanted,
            previous=current.id if current else None,
        )
        self.choices.fill(self._certificates, chosen)
        self.choices.setVisible(bool(self._certificates))
        self.waiting.setVisible(not self._certificates)
        self._looked_at()

    def _looked_at(self) -> None:
        note = self._note()
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.refresh()

    def _note(self) -> str:
        if not self._certificates:
            return ""
        if not any(c.usable for c in self._certificates):
            return self.texts("select.none_usable")
        return "" if self.choices.current() else self.texts("select.pick_one")

    def _confirm(self) -> None:
        current = self.choices.current()
        if current is not None and self.may_approve():
            self.approve(Chosen(certificate=current.id))


def _waiting(texts: Texts) -> Card:
    """What stands in the list's place while there is nothing to choose."""
    card = Card()
    for text, kind in ((texts("select.empty"), "empty"), (texts("select.empty_hint"), "muted")):
        sentence = Own(text, kind=kind)
        sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        card.add(sentence)
    card.column.setContentsMargins(24, 28, 24, 28)
    return card
