"""A document's content to read: plain text, scrolled, never rendered and never clickable."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPlainTextEdit

from agent.consent.plain import lines

_MOST_CHARS = 20_000
#: As tall as the screen allows, between these.
_FEWEST_LINES = 3
_MOST_LINES = 10


class Preview(QPlainTextEdit):
    def __init__(self, text: str, *, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self._tall = 0
        self.put(text)

    def put(self, text: str) -> None:
        self.setPlainText(lines(text, limit=_MOST_CHARS))
        wanted = min(self.blockCount() + 1, _MOST_LINES)
        self._tall = self._height(max(wanted, _FEWEST_LINES))
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(400, self._tall)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, self._tall)

    def give_up(self, pixels: int) -> bool:
        """Become less tall; False when only the fewest lines are left."""
        before, self._tall = self._tall, max(self._tall - pixels, self._height(_FEWEST_LINES))
        self.updateGeometry()
        return self._tall < before

    def _height(self, count: int) -> int:
        return self.fontMetrics().lineSpacing() * count + 20
