"""The part of the sign window that asks the PIN: a token's, with what is known of the tries left,
or a service's. Where none is typed here, it says what will happen instead.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.consent.plain import one_line
from agent.consent.prompts import BatchQuestion, KeyQuestion
from agent.consent.service_wording import pin_help, what_follows
from agent.consent.text import Texts
from agent.consent.windows.pieces import Foreign, Own
from agent.consent.windows.pin_field import PinField
from agent.keys import Confirmation, PinState, ServiceInfo


class PinPanel(QWidget):
    """A labelled PIN field with small notes under it, or without a label the notes alone."""

    def __init__(self, texts: Texts, *, label: str, notes: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts
        self._notes = " ".join(notes)
        self.asks = bool(label)
        self.field = PinField()
        self.field.setVisible(self.asks)
        self._caps = Own(texts("pin.caps"), kind="caution")
        self._caps.hide()
        self._hint = Own(kind="caution")
        self._hint.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        if self.asks:
            caption = Own(label, kind="strong")
            caption.setBuddy(self.field)
            column.addWidget(caption)
        for widget in (self.field, self._hint, self._caps):
            column.addWidget(widget)
        for note in notes:
            # Names of services are in them: these are broken anywhere, and are no markup.
            column.addWidget(Foreign(note, kind="small" if self.asks else "strong"))
        self.field.caps_suspected.connect(self._caps.setVisible)
        self.field.setAccessibleName(label.replace("&&", "\0").replace("&", "").replace("\0", "&"))
        self.field.setAccessibleDescription(self._notes)

    def hint(self, state: PinState) -> None:
        """Say before the next try what the token says of the tries left."""
        sentence = ""
        if state.final_try:
            sentence = self._texts("pin.final")
        elif state.low:
            sentence = self._texts("pin.low")
        self._hint.setText(sentence)
        self._hint.setVisible(bool(sentence))
        self.field.setAccessibleDescription(" ".join(filter(None, (sentence, self._notes))))

    def rejection(self, state: PinState) -> str:
        """The sentence after a wrong PIN; it takes the hint's place."""
        if state.final_try:
            return self._texts("pin.rejected_final")
        return self._texts("pin.rejected_low" if state.low else "pin.rejected")

    def hide_hint(self) -> None:
        self._hint.hide()


def pin_panel(texts: Texts, question: KeyQuestion, *, confirm: str) -> PinPanel:
    """The panel for a question; `confirm` is the label of the button that approves."""
    button = confirm.replace("&", "")
    service = question.certificate.service
    if service is not None:
        return _for_service(texts, service, question, button)
    if question.pin.pin_pad:
        return PinPanel(texts, label="", notes=(texts("pin.pad", button=button),))
    token = question.certificate.token
    name = one_line(token.label, limit=64) if token else ""
    # Doubled, because a label with a mnemonic would take a token's "&" for one.
    shown = name.replace("&", "&&")
    label = texts("pin.label", token=shown) if name else texts("pin.label_bare")
    panel = PinPanel(texts, label=label, notes=(_help(texts("pin.help"), question, texts),))
    panel.hint(question.pin)
    return panel


def _help(sentence: str, question: KeyQuestion, texts: Texts) -> str:
    many = isinstance(question, BatchQuestion) and len(question.items) > 1
    return " ".join((sentence, texts("batch.pin_once"))) if many else sentence


def _for_service(
    texts: Texts, service: ServiceInfo, question: KeyQuestion, button: str
) -> PinPanel:
    asked = question.confirmation or Confirmation()
    follows = what_follows(service, asked, texts, button=button)
    if not asked.pin:
        return PinPanel(texts, label="", notes=follows)
    # A PIN is confirmation enough; only what else is asked must be said.
    more = follows if asked.otp or asked.phone else ()
    notes = (_help(pin_help(service, texts), question, texts), *more)
    return PinPanel(texts, label=texts("service.pin"), notes=notes)
