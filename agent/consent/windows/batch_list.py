"""The list of a batch: found by name, ticked and unticked, looked at one by one.

Space ticks and Enter looks, as a click on the box and a double click do.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from agent.consent.batch_wording import type_words, warned_words
from agent.consent.text import Texts
from agent.consent.windows.batch_model import BatchModel, Column
from agent.consent.windows.pieces import Own
from agent.consent.wording import counted, size_words
from protocol.limits import MAX_NAME_CHARS

#: As tall as the screen allows, between these.
_FEWEST_ROWS = 3
_MOST_ROWS = 9
#: So many are found by looking.
_SEARCHED_FROM = 8
#: Around the words of a cell.
_MARGIN = 26


class BatchList(QWidget):
    viewed = Signal(int)  # a position
    stirred = Signal()  # the user is choosing here

    def __init__(self, texts: Texts, model: BatchModel) -> None:
        super().__init__()
        self._texts = texts
        self._model = model
        self.table = _Table(model, texts)
        self.search = QLineEdit()
        self.search.setObjectName("search")
        self.search.setPlaceholderText(texts("batch.search"))
        self.search.setAccessibleName(texts("batch.search"))
        self.search.setMaxLength(MAX_NAME_CHARS)
        self.search.setClearButtonEnabled(True)
        many = len(model.items) >= _SEARCHED_FROM
        self.search.setVisible(many)
        self.warned = QCheckBox(texts("batch.only_warned"))
        self.warned.setVisible(many and 0 < model.warned < len(model.items))
        self.view = _button(texts("batch.view"))
        self.all = _button("")
        self.all.setVisible(len(model.items) > 1)
        self.nothing = Own(texts("batch.not_found"), kind="muted")
        self.nothing.hide()

        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(10)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.warned)
        if not many:
            tools.addStretch(1)
        tools.addWidget(self.all)
        tools.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._caution = Own(counted(texts, "batch.warned", model.warned), kind="caution")
        self._caution.setVisible(model.warned > 0)
        column.addWidget(self._caution)
        column.addWidget(self._tools)
        column.addWidget(self.nothing, 1, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.table, 1)

        self.search.textChanged.connect(self._find)
        self.warned.toggled.connect(self._find)
        self.view.clicked.connect(self._view)
        self.all.clicked.connect(self._tick_all)
        self.table.looked.connect(self._view)
        self.table.doubleClicked.connect(lambda _: self._view())
        self.table.verticalScrollBar().valueChanged.connect(self.stirred)
        self.table.selectionModel().currentChanged.connect(self.stirred)
        model.ticked.connect(self._label)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self._label()

    def show_position(self, position: int) -> None:
        """Put the cursor on it, if it is shown."""
        if position in self._model.rows:
            self.table.setCurrentIndex(self._model.index(self._model.rows.index(position), 0))

    def measure(self) -> None:
        """Once fonts and colours are known."""
        for part in (self.table, self._caution):
            part.ensurePolished()
        self.table.measure()
        colours, warned = self.table.palette(), self._caution.palette()
        self._model.look(
            font=self.table.font(),
            muted=colours.color(QPalette.ColorRole.PlaceholderText),
            caution=warned.color(QPalette.ColorRole.WindowText),
        )

    @property
    def searching(self) -> bool:
        here = any(part.hasFocus() for part in self.findChildren(QWidget))
        return here and bool(self.search.text())

    def allow(self, choosing: bool) -> None:  # noqa: FBT001 - as Qt's setEnabled
        """Whether the user may still choose; else it is only there to be read."""
        self.setEnabled(choosing)
        self._tools.setVisible(choosing)

    def give_up(self, pixels: int) -> bool:
        return self.table.give_up(pixels)

    def _find(self) -> None:
        self._model.find(self.search.text(), warned=self.warned.isChecked())
        self.nothing.setVisible(not self._model.rows)
        self.table.setVisible(bool(self._model.rows))
        if self._model.rows:
            self.table.setCurrentIndex(self._model.index(0, 0))
        self._label()
        self.stirred.emit()

    def _view(self) -> None:
        row = max(self.table.currentIndex().row(), 0)
        if row < len(self._model.rows):
            self.viewed.emit(self._model.rows[row])

    def _tick_all(self) -> None:
        self._model.tick(self._model.rows, on=not self._model.all_shown_ticked())

    def _label(self) -> None:
        model = self._model
        shown = len(model.rows)
        key = "batch.untick" if shown and model.all_shown_ticked() else "batch.tick"
        every = shown in {0, len(model.items)}
        label = self._texts(f"{key}_all") if every else counted(self._texts, f"{key}_shown", shown)
        self.all.setText(label)
        self.all.setEnabled(bool(shown))
        self.view.setEnabled(bool(shown))


class _Table(QTableView):
    looked = Signal()

    def __init__(self, model: BatchModel, texts: Texts) -> None:
        super().__init__()
        self._batch = model
        self._texts = texts
        self._tall = 0
        self.setModel(model)
        self.setAccessibleName(texts("batch.list"))
        self.setAccessibleDescription(texts("batch.keys"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)

    def measure(self) -> None:
        """Rows of one height, and columns as wide as they must be."""
        metrics, model, texts = self.fontMetrics(), self._batch, self._texts
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(metrics.lineSpacing() + 10)
        biggest = max((item.size for item in model.items), default=0)
        words = {
            Column.TYPE: {type_words(item, texts) for item in model.items},
            Column.SIZE: {size_words(biggest, texts), size_words(1023 * 1024 + 900, texts)},
            Column.WARNING: {warned_words(item, texts) for item in model.items},
        }
        columns = self.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column in range(Column.TYPE, model.columnCount()):
            heading = str(model.headerData(column, Qt.Orientation.Horizontal))
            shown = words[Column(column)] | {heading}
            widest = max(map(metrics.horizontalAdvance, shown))
            self.setColumnWidth(column, min(widest, 240) + _MARGIN)
        self._tall = self._height(min(max(len(model.items), _FEWEST_ROWS), _MOST_ROWS))
        self.updateGeometry()

    def give_up(self, pixels: int) -> bool:
        """Become less tall; False when only the fewest rows are left."""
        before, self._tall = self._tall, max(self._tall - pixels, self._height(_FEWEST_ROWS))
        self.updateGeometry()
        return self._tall < before

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(400, self._tall)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, self._tall)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self._batch.index(0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                event.accept()
                if not event.isAutoRepeat():
                    self.looked.emit()
            case Qt.Key.Key_Space:
                event.accept()
                if not event.isAutoRepeat():
                    self._toggle()
            case _:
                super().keyPressEvent(event)

    def _toggle(self) -> None:
        rows = self.selectionModel().selectedRows() or [self.currentIndex()]
        chosen = [self._batch.rows[index.row()] for index in rows if index.isValid()]
        if chosen:
            self._batch.tick(chosen, on=not self._batch.is_ticked(chosen[0]))

    def _height(self, rows: int) -> int:
        row = self.verticalHeader().defaultSectionSize()
        return self.horizontalHeader().sizeHint().height() + rows * row + 2 * self.frameWidth()


def _button(label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName("quiet")
    button.setAutoDefault(False)
    return button
