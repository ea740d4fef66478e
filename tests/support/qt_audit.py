"""Look at every window in every state as an auditor would, and print what is found as JSON.

Run as `python -m tests.support.qt_audit` with QT_QPA_PLATFORM=offscreen. For each scene of the
gallery: its state, what can be focused and how it is called, labels that would render markup, texts
that do not fit their place, and the visible words.
"""

import json
import os
import sys
from collections.abc import Iterator
from io import FileIO

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from agent.consent.text import LANGUAGES
from agent.consent.windows.gallery import play
from agent.consent.windows.kinds import window_for
from agent.consent.windows.pieces import Foreign
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.windows.scenes import Scene, scenes
from agent.consent.windows.style import dress


def main() -> int:
    app = QApplication(["audit"])
    dress(app, dark=False)
    sink = os.open(os.devnull, os.O_WRONLY)
    found = {}
    for language in LANGUAGES:
        for scene in scenes(language):
            window = window_for(scene.question, Pipe(FileIO(os.devnull, "r"), sink))
            play(window, scene)
            found[f"{scene.name}-{language}"] = audit(window, scene)
            window.end()
            window.hide()
            window.deleteLater()
    json.dump(found, sys.stdout)
    return 0


def audit(window: QuestionWindow, scene: Scene) -> dict[str, object]:
    visible = [w for w in window.findChildren(QWidget) if w.isVisible()]
    labels = [w for w in visible if isinstance(w, QLabel)]
    focusable = [w for w in visible if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isEnabled()]
    focus = QApplication.focusWidget()
    return {
        "state": window.consent.state.value,
        "armed": scene.armed,
        "nameless": [repr(w) for w in focusable if not name_of(w)],
        "focusable": [name_of(w) for w in focusable],
        "focused": name_of(focus) if focus else None,
        "markup": [w.text() for w in labels if w.textFormat() is not Qt.TextFormat.PlainText],
        "clipped": [w.text() for w in labels if w.text() and clipped(w)],
        "words": [w.text() for w in labels]
        + [w.toPlainText() or w.placeholderText() for w in visible if isinstance(w, QPlainTextEdit)]
        + [cell for w in visible if isinstance(w, QTableView) for cell in cells(w)],
        "enabled": [w.text() for w in visible if isinstance(w, QAbstractButton) and w.isEnabled()],
        "height": window.height(),
        "most": window.screen().availableGeometry().height(),
        "out_of_sight": [b.text() for b in _buttons(visible) if not _whole(b, window)],
        "typed": [w.text() for w in visible if isinstance(w, QLineEdit) and w.text()],
        "described": window.accessibleName() and window.accessibleDescription(),
    }


def cells(table: QTableView) -> Iterator[str]:
    """What a table's rows show, as far as they are in sight, and say to a screen reader."""
    model = table.model()
    for row in range(model.rowCount()):
        if not table.viewport().rect().intersects(table.visualRect(model.index(row, 0))):
            return
        for column in range(model.columnCount()):
            yield model.index(row, column).data()
        yield model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def _buttons(visible: list[QWidget]) -> list[QPushButton]:
    return [w for w in visible if isinstance(w, QPushButton)]


def _whole(widget: QWidget, window: QuestionWindow) -> bool:
    """Whether nothing of it lies outside the window."""
    place = QRect(widget.mapTo(window, QPoint()), widget.size())
    return window.rect().contains(place)


def name_of(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text.replace("&", "")


def clipped(label: QLabel) -> bool:
    """Whether the label is given less room than its text takes."""
    if isinstance(label, Foreign) or label.wordWrap():
        return label.heightForWidth(label.width()) > label.height() + 1
    return label.sizeHint().width() > label.width() + 1


if __name__ == "__main__":
    sys.exit(main())
