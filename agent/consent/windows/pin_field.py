"""Where the PIN is typed.

1. Nothing gets out but through `take`: no copying, dragging, undo, context menu or input method;
   the widget's own text is overwritten and dropped.
2. Nothing gets in but keys: a pasted PIN stays in the clipboard for every program to read, and a
   wrong clipboard costs a try.
3. A PIN that is not ASCII is never sent: a Vietnamese keyboard turns "as" into "á", and the token
   would count that as a wrong PIN.
"""

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLineEdit

from agent.consent.window_messages import MAX_PIN_BYTES

_BLOCKED = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
)


class PinField(QLineEdit):
    caps_suspected = Signal(bool)
    entered = Signal()  # Enter was pressed, by a fresh key press

    def __init__(self) -> None:
        super().__init__()
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setMaxLength(MAX_PIN_BYTES)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(False)
        self.setDragEnabled(False)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def is_ascii(self) -> bool:
        return self.text().isascii()

    def take(self) -> bytearray:
        """The PIN as bytes the caller must overwrite; the field is empty afterwards."""
        pin = bytearray(self.text(), "utf-8")
        self.erase()
        return pin

    def erase(self) -> None:
        # setText, unlike clear, drops the undo history, which would keep what was typed.
        self.setText("\0" * len(self.text()))
        self.setText("")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if any(event.matches(key) for key in _BLOCKED):
            event.accept()
            return
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.accept()
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        if _is_command(event):
            event.ignore()
            return
        self._judge_caps(event)
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        # On X11 and Wayland the middle button pastes what is selected anywhere.
        if event.button() is not Qt.MouseButton.MiddleButton:
            super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        del source
        return False

    def _judge_caps(self, event: QKeyEvent) -> None:
        typed = event.text()
        if not typed.isalpha():
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.caps_suspected.emit(typed.isupper() is not shift)


def _is_command(event: QKeyEvent) -> bool:
    """Alt+K on a button that is still inert would otherwise type a "k" into the PIN."""
    modifiers = event.modifiers()
    alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    meta = bool(modifiers & Qt.KeyboardModifier.MetaModifier)
    # Both together are AltGr on Windows, with which some layouts write letters.
    types = event.text().isprintable() and event.text() != ""
    return types and (meta or alt is not control)
