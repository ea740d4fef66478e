"""The few pieces that windows are made of. Foreign text enters only through `Foreign`."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QPainter,
    QPaintEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


def announce(part: QWidget, text: str) -> None:
    """Have a screen reader say `text` when it has said what it is saying."""
    said = QAccessibleAnnouncementEvent(part, text)
    said.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(said)


class Own(QLabel):
    """A sentence of ours, wrapped at words."""

    def __init__(self, text: str = "", *, kind: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        if kind:
            self.setObjectName(kind)


class Short(QLabel):
    """A word or two of ours, on one line."""

    def __init__(self, text: str, *, kind: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(kind)


class Foreign(QLabel):
    """Text of others: plain, and broken anywhere rather than cut off or pushed out of the window.

    The caller has passed it through `agent.consent.plain`. QLabel cannot break inside a word, so a
    name of two hundred letters would widen the window; this one paints its own lines.
    """

    def __init__(self, text: str, *, kind: str = "", name: str = "") -> None:
        super().__init__(text)
        self._heights: dict[tuple[str, str, int], int] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName(f"{name}: {text}" if name else text)
        if kind:
            self.setObjectName(kind)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        # Layouts ask for the same few widths again and again.
        key = (self.text(), self.font().key(), width)
        if key not in self._heights:
            self._heights[key] = self._lines(width)[1]
        return self._heights[key]

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        width = min(self.fontMetrics().horizontalAdvance(self.text()) + 2, 460)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(60, self.fontMetrics().lineSpacing())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        self._lines(self.width())[0].draw(painter, QPointF(0, 0))
        painter.end()

    def _lines(self, width: int) -> tuple[QTextLayout, int]:
        layout = QTextLayout(self.text(), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        height = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return layout, max(round(height + 0.5), self.fontMetrics().lineSpacing())


class Card(QFrame):
    """A framed group with a small caption, and something reassuring at the caption's right."""

    def __init__(self, caption: str = "", *, aside: str = "") -> None:
        super().__init__()
        self.setObjectName("card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(6)
        if caption:
            row = QHBoxLayout()
            row.addWidget(Own(caption, kind="caption"), 1)
            if aside:
                row.addWidget(Short(aside, kind="good"))
            self.column.addLayout(row)

    def add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self.column.addWidget(widget)


def facts_grid(*rows: Sequence[tuple[str, str]]) -> QGridLayout:
    """Rows of one or two facts, each a name of ours and a foreign value."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(3, 1)
    for row, facts in enumerate(rows):
        for place, (name, value) in enumerate(facts):
            key = Short(name, kind="key")
            grid.addWidget(key, row, 2 * place, Qt.AlignmentFlag.AlignTop)
            span = 1 if len(facts) > 1 else 3
            grid.addWidget(Foreign(value, name=name), row, 2 * place + 1, 1, span)
    return grid


class Remark(QFrame):
    """One sentence that must not be missed, for as long as the window is open."""

    def __init__(self, text: str, *, kind: str = "warn") -> None:
        super().__init__()
        self.setObjectName(kind)
        self.setAccessibleName(text)
        row = QVBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.addWidget(Own(text, kind="strong"))


class Banner(QFrame):
    """One sentence that must not be missed; hidden until it has something to say."""

    def __init__(self) -> None:
        super().__init__()
        row = QVBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        self._sentence = Own()
        row.addWidget(self._sentence)
        self.hide()

    @property
    def text(self) -> str:
        return self._sentence.text() if not self.isHidden() else ""

    def say(self, text: str, *, kind: str = "warn") -> None:
        self._sentence.setText(text)
        self.setAccessibleName(text)
        self.setObjectName(kind)
        for widget in (self, self._sentence):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self.show()

    def clear(self) -> None:
        self._sentence.setText("")
        self.hide()
