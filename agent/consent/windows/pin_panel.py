"""The part of the sign window that asks the PIN, with what is known of the tries left."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.consent.windows.pieces import Own
from agent.consent.windows.pin_field import PinField
from agent.keys import PinState, TokenInfo


class PinPanel(QWidget):
    """A labelled PIN field, or for a PIN pad the instruction alone."""

    def __init__(
        self, texts: Texts, token: TokenInfo | None, state: PinState, *, confirm: str
    ) -> None:
        super().__init__()
        self._texts = texts
        self.field = PinField()
        name = one_line(token.label, limit=64) if token else ""
        # Doubled, because a label with a mnemonic would take a token's "&" for one.
        shown = name.replace("&", "&&")
        named = texts("pin.label", token=shown) if name else texts("pin.label_bare")
        label = Own(named, kind="strong")
        label.setBuddy(self.field)
        button = confirm.replace("&", "")
        self.help = Own(
            texts("pin.pad", button=button) if state.pin_pad else texts("pin.help"),
            kind="strong" if state.pin_pad else "small",
        )
        self._caps = Own(texts("pin.caps"), kind="caution")
        self._caps.hide()
        self._hint = Own(kind="caution")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (label, self.field, self._hint, self._caps, self.help):
            column.addWidget(widget)
        self.field.caps_suspected.connect(self._caps.setVisible)
        self.field.setAccessibleName(label.text().replace("&", ""))
        if state.pin_pad:
            label.hide()
            self.field.hide()
        self.hint(state)

    def hint(self, state: PinState) -> None:
        """Say before the next try what the token says of the tries left."""
        sentence = ""
        if state.final_try:
            sentence = self._texts("pin.final")
        elif state.low:
            sentence = self._texts("pin.low")
        self._hint.setText(sentence)
        self._hint.setVisible(bool(sentence))
        self.field.setAccessibleDescription(" ".join(filter(None, (sentence, self.help.text()))))

    def rejection(self, state: PinState) -> str:
        """The sentence after a wrong PIN; it takes the hint's place."""
        if state.final_try:
            return self._texts("pin.rejected_final")
        return self._texts("pin.rejected_low" if state.low else "pin.rejected")

    def hide_hint(self) -> None:
        self._hint.hide()
