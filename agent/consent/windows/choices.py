"""The certificates one can choose from, as a group of radio buttons that may be refilled.

A certificate that cannot be used stays in sight, greyed, with its reason: a clerk who looks for it
must see why it is not the one.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from agent.consent.prompts import CertificateFacts
from agent.consent.text import Texts
from agent.consent.windows.cards import certificate_facts
from agent.consent.windows.pieces import Foreign, Own, Short
from agent.consent.wording import CertificateWords, certificate_words, place_words
from agent.keys import CertificateId

_STATE_KINDS = {"valid": "stateGood", "unchecked": "stateCaution"}


class Choices(QWidget):
    changed = Signal()
    confirmed = Signal()  # Enter or a double click on a choice

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._group = QButtonGroup(self)
        self._cards: list[_Choice] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setAccessibleName(texts("select.list"))

    def current(self) -> CertificateFacts | None:
        return next((card.facts for card in self._cards if card.radio.isChecked()), None)

    def fill(
        self, certificates: tuple[CertificateFacts, ...], chosen: CertificateId | None
    ) -> None:
        had_focus = any(card.radio.hasFocus() for card in self._cards)
        for card in self._cards:
            self._group.removeButton(card.radio)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = [_Choice(facts, self._texts) for facts in certificates]
        for card in self._cards:
            self._group.addButton(card.radio)
            self._column.addWidget(card)
            card.radio.setChecked(card.facts.id == chosen)
            card.radio.toggled.connect(self.changed)
            card.confirmed.connect(self.confirmed)
        if had_focus or chosen is not None:
            self.focus_current()

    def focus_current(self) -> None:
        usable = [card for card in self._cards if card.radio.isEnabled()]
        for card in [c for c in usable if c.radio.isChecked()] or usable[:1]:
            card.radio.setFocus()


class _Choice(QFrame):
    confirmed = Signal()

    def __init__(self, facts: CertificateFacts, texts: Texts) -> None:
        super().__init__()
        self.facts = facts
        words = certificate_words(facts, texts)
        self.setObjectName("choice")
        self.setProperty("usable", facts.usable)
        self.radio = _Radio()
        self.radio.setEnabled(facts.usable)
        self.radio.setAccessibleName(words.holder)
        self.radio.setAccessibleDescription(_spoken(words, texts))
        self.radio.toggled.connect(self._mark)
        self.radio.entered.connect(self.confirmed)

        holder = Foreign(words.holder, kind="strong", name=texts("certificate.holder"))
        state = Short(words.state, kind=_STATE_KINDS.get(facts.state, "stateBad"))
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(holder, 1)
        top.addWidget(state, 0, Qt.AlignmentFlag.AlignTop)

        column = QVBoxLayout()
        column.setSpacing(3)
        column.addLayout(top)
        column.addLayout(certificate_facts(words, place_words(words, texts), texts))
        for warning in words.warnings:
            column.addWidget(Own(warning, kind="caution"))
        if words.why_not:
            column.addWidget(Own(words.why_not, kind="bad"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 11, 14, 11)
        row.setSpacing(12)
        row.addWidget(self.radio, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()
        if self.radio.isEnabled():
            self.radio.setFocus()
            self.radio.setChecked(True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()
        if self.radio.isChecked():
            self.confirmed.emit()

    def _mark(self) -> None:
        self.setProperty("chosen", self.radio.isChecked())
        self.style().unpolish(self)
        self.style().polish(self)


class _Radio(QRadioButton):
    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.accept()
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        super().keyPressEvent(event)


def _spoken(words: CertificateWords, texts: Texts) -> str:
    """The whole card in one breath, for screen readers."""
    parts = (
        f"{texts('certificate.mst')} {words.mst}",
        f"{texts('certificate.issuer')} {words.issuer}",
        f"{texts('certificate.validity')} {words.validity}",
        *(f"{name} {value}" for name, value in place_words(words, texts)),
        words.why_not or words.state,
        *words.warnings,
    )
    return ". ".join(filter(None, parts))
