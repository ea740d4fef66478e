"""The system's own dialog for files, or Qt's where there is none; it says who asks, and why.

It is no window of ours, so its buttons cannot be made inert. What is chosen before the dialog has
been open for the inert time is not taken: the dialog comes again (threat T24).
"""

import time
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QObject,
    QStandardPaths,
    Qt,
    QTimer,
    QTranslator,
    Signal,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLayout,
    QMessageBox,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from agent.consent.picking import is_file, most
from agent.consent.plain import one_line
from agent.consent.prompts import PickQuestion
from agent.consent.states import Consent, Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import AskPick, Moved, Picked, PickedAll, Refused
from agent.consent.windows.pieces import Foreign
from agent.consent.windows.pipe import Pipe
from agent.consent.wording import NAME_CHARS, REASON_CHARS, number_words, pick_title

#: What of the page's wishes is a filter: its name, and its patterns.
_PATTERNS = {"pdf": ("pick.pdf", "*.pdf *.PDF"), "xml": ("pick.xml", "*.xml *.XML")}

#: What Qt's own dialog says in English, whose texts come in no Vietnamese.
_WORDS = {
    "Name": "pick.column_name",
    "Size": "pick.column_size",
    "Type": "pick.column_type",
    "Kind": "pick.column_type",
    "Date Modified": "pick.column_date",
    "Computer": "pick.computer",
    "My Computer": "pick.computer",
    "Back": "pick.back",
    "Forward": "pick.forward",
    "Parent Directory": "pick.up",
    "List View": "pick.list",
    "Detail View": "pick.details",
    "Create New Folder": "pick.new_folder",
}
#: Parts of that dialog, by Qt's names for them.
_NAMES = {
    "lookInCombo": "pick.look_in",
    "backButton": "pick.back",
    "forwardButton": "pick.forward",
    "toParentButton": "pick.up",
    "newFolderButton": "pick.new_folder",
    "listModeButton": "pick.list",
    "detailModeButton": "pick.details",
    "sidebar": "pick.places",
    "listView": "pick.files",
    "treeView": "pick.files",
    "fileNameEdit": "pick.name",
    "fileTypeCombo": "pick.type",
}


class QtWords(QTranslator):
    """Qt's own dialog in the user's language."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts

    def translate(
        self,
        context: str,
        source: str,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str:
        del context, disambiguation, n
        key = _WORDS.get(source)
        return self._texts(key) if key else ""

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False


class PickWindow(QObject):
    """Has of `QuestionWindow` what the program needs: `over`, `present`, `end`."""

    over = Signal()

    def __init__(self, pipe: Pipe, texts: Texts, ask: AskPick) -> None:
        super().__init__()
        self.pipe = pipe
        self.texts = texts
        self.consent = Consent()
        self._question = ask.question
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._rested)
        self._words = QtWords(texts)
        QCoreApplication.installTranslator(self._words)
        self.dialog = _dialog(ask.question, texts)
        self.dialog.accepted.connect(self._accepted)
        self.dialog.rejected.connect(self._refuse)

    def present(self) -> None:
        self.dialog.open()
        self.dialog.raise_()
        self.dialog.activateWindow()
        QTimer.singleShot(0, self._visible)

    def end(self) -> None:
        """The agent is done with this question, or has gone."""
        if self.consent.allows(Event.END):
            self.consent.receive(Event.END, at=time.monotonic())
        QCoreApplication.removeTranslator(self._words)
        self.over.emit()

    def _visible(self) -> None:
        self._step(Event.VISIBLE)
        self._rest.start(max(1, round(self.consent.inert_for(at=time.monotonic()) * 1000)))

    def _rested(self) -> None:
        if self.consent.inert_for(at=time.monotonic()) > 0:
            self._rest.start(10)
        else:
            self._step(Event.RESTED)

    def _step(self, event: Event) -> None:
        if self.consent.allows(event):
            self.consent.receive(event, at=time.monotonic())
            self.pipe.send(Moved(event=event))

    def _accepted(self) -> None:
        if self.consent.finished:
            return
        chosen = list(dict.fromkeys(map(Path, self.dialog.selectedFiles())))
        problem = self._problem(chosen)
        if self.consent.state is not State.ARMED or problem:
            if problem:
                _say(problem, self.dialog.windowTitle())
            QTimer.singleShot(0, self.dialog.open)
            return
        for path in chosen:
            self.pipe.send(Picked(path=str(path)))
        self.consent.receive(Event.APPROVE, at=time.monotonic())
        self.pipe.send(PickedAll(count=len(chosen)))

    def _problem(self, chosen: list[Path]) -> str:
        if len(chosen) > most(self._question):
            return self.texts("pick.too_many", limit=number_words(most(self._question), self.texts))
        for path in chosen:
            if not is_file(path):
                name = one_line(path.name, limit=NAME_CHARS)
                return self.texts("pick.not_a_file", name=name)
        return ""

    def _refuse(self) -> None:
        if self.consent.allows(Event.REFUSE):
            self.consent.receive(Event.REFUSE, at=time.monotonic())
            self.pipe.send(Refused())
        self.over.emit()


def _dialog(question: PickQuestion, texts: Texts) -> QFileDialog:
    title = pick_title(question, texts)
    reason = one_line(question.reason, limit=REASON_CHARS)
    if reason:
        title = texts("pick.reason", title=title, reason=reason)
    dialog = QFileDialog(None, title, _first_folder())
    several = QFileDialog.FileMode.ExistingFiles
    dialog.setFileMode(several if question.multiple else QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(_filters(question, texts))
    dialog.setOption(QFileDialog.Option.ReadOnly)
    dialog.setAccessibleName(title)
    for part, key in (
        (QFileDialog.DialogLabel.LookIn, "pick.look_in"),
        (QFileDialog.DialogLabel.FileName, "pick.name"),
        (QFileDialog.DialogLabel.FileType, "pick.type"),
        (QFileDialog.DialogLabel.Accept, "pick.choose"),
        (QFileDialog.DialogLabel.Reject, "button.refuse"),
    ):
        dialog.setLabelText(part, texts(key))
    if (grid := dialog.layout()) is not None:
        _complete(dialog, grid, title, texts)
    return dialog


def _complete(dialog: QFileDialog, grid: QLayout, title: str, texts: Texts) -> None:
    """Where it is Qt's own: say who asks also inside, and name what a screen reader finds."""
    asks = QFrame()
    row = QVBoxLayout(asks)
    row.setContentsMargins(12, 12, 12, 2)
    row.addWidget(Foreign(title, kind="strong"))
    grid.setMenuBar(asks)  # the one place above what Qt has put there
    dialog.resize(820, 520)
    files = dialog.findChild(QTreeView, "treeView")
    if files is not None:
        for column, width in enumerate((300, 110, 130)):
            files.header().resizeSection(column, width)
    for name, key in _NAMES.items():
        part = dialog.findChild(QWidget, name)
        if part is not None:
            part.setAccessibleName(texts(key).replace(":", ""))


def _filters(question: PickQuestion, texts: Texts) -> list[str]:
    """Together first, then each by itself; everything only where the page takes everything."""
    kinds = [_PATTERNS[kind] for kind in dict.fromkeys(question.kinds) if kind in _PATTERNS]
    filters = [f"{texts(key)} ({patterns})" for key, patterns in kinds]
    if len(kinds) > 1:
        every = " ".join(patterns for _, patterns in kinds)
        together = texts("pick.documents")
        filters.insert(0, f"{together} ({every})")
    if "any" in question.kinds or not filters:
        everything = texts("pick.any")
        filters.append(f"{everything} (*)")
    return filters


def _first_folder() -> str:
    """Never where the program stands."""
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    folder = Path(QStandardPaths.writableLocation(documents))
    return str(folder if folder.is_dir() else Path.home())


def _say(text: str, title: str) -> None:
    box = QMessageBox(QMessageBox.Icon.Warning, title, "")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.exec()
