"""The documents of a batch as Qt's views see them: rows that are found, ticked and counted.

Everything that a row shows is made when it is drawn, so that ten thousand cost no more to open than
ten. A row is what is shown now; a position is a document's place in the question.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import cache
from html import escape
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont

from agent.consent.batch_wording import findable, name_words, type_words, warned_words
from agent.consent.prompts import BatchItem
from agent.consent.text import Texts
from agent.consent.wording import size_words

Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_NOWHERE: Final = QModelIndex()


class Column(IntEnum):
    NAME = 0
    TYPE = 1
    SIZE = 2
    WARNING = 3  # only where there are any


_HEADINGS: Final = {
    Column.NAME: "batch.name",
    Column.TYPE: "batch.type",
    Column.SIZE: "batch.size",
    Column.WARNING: "batch.warning",
}


class BatchModel(QAbstractTableModel):
    ticked = Signal()  # or unticked
    found = Signal()  # other rows are shown

    def __init__(self, items: Sequence[BatchItem], texts: Texts) -> None:
        super().__init__()
        self.items = items
        self._texts = texts
        self._ticked = [True] * len(items)
        self._rows: Sequence[int] = range(len(items))
        self._names: list[str] = []
        self.count = len(items)  # of the ticked
        self.size = sum(item.size for item in items)  # of the ticked, bytes
        self.warned = sum(1 for item in items if item.warnings)
        self._muted: QColor | None = None
        self._caution: QColor | None = None
        self._struck: QFont | None = None
        self._words = cache(self._shown)

    # --- what the window asks and does -----------------------------------------------------------

    @property
    def rows(self) -> Sequence[int]:
        """The positions that are shown."""
        return self._rows

    def unticked(self) -> Iterable[int]:
        return (at for at, ticked in enumerate(self._ticked) if not ticked)

    def is_ticked(self, position: int) -> bool:
        return self._ticked[position]

    def all_shown_ticked(self) -> bool:
        return all(map(self._ticked.__getitem__, self._rows))

    def tick(self, positions: Iterable[int], *, on: bool) -> None:
        for position in positions:
            if self._ticked[position] is not on:
                self._ticked[position] = on
                self.count += 1 if on else -1
                self.size += self.items[position].size * (1 if on else -1)
        if self._rows:
            last = self.index(len(self._rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        self.ticked.emit()

    def find(self, words: str, *, warned: bool) -> None:
        """Show those whose name has all the words, and of them those with a warning if `warned`."""
        wanted = findable(words).split()
        if wanted and not self._names:
            self._names = [findable(name_words(item)) for item in self.items]
        self.beginResetModel()
        self._rows = [
            at
            for at, item in enumerate(self.items)
            if (item.warnings or not warned) and all(word in self._names[at] for word in wanted)
        ]
        self.endResetModel()
        self.found.emit()

    # --- what Qt asks ----------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        return 0 if parent.isValid() else len(Column) - (0 if self.warned else 1)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            match role:
                case _Role.DisplayRole:
                    return self._texts(_HEADINGS[Column(section)])
                case _Role.TextAlignmentRole:
                    return _alignment(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if index.column() == Column.NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:  # noqa: PLR0911 - a table
        position, column = self._rows[index.row()], index.column()
        match role:
            case _Role.DisplayRole:
                return self._words(position)[column]
            case _Role.CheckStateRole if column == Column.NAME:
                ticked = self._ticked[position]
                return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
            case _Role.TextAlignmentRole:
                return _alignment(column)
            case _Role.ForegroundRole if not self._ticked[position]:
                return self._muted
            case _Role.ForegroundRole if column == Column.WARNING:
                return self._caution
            case _Role.FontRole if not self._ticked[position] and column == Column.NAME:
                return self._struck
            case _Role.ToolTipRole:
                # Markup of ours around escaped text: else Qt guesses which of the two it is.
                return f"<span>{escape(self._words(position)[column])}</span>"
            case _Role.AccessibleTextRole if column == Column.NAME:
                return self._spoken(position)
        return None

    def setData(  # noqa: N802 - Qt's name
        self, index: Index, value: Any, role: int = _Role.EditRole
    ) -> bool:
        if role != _Role.CheckStateRole or index.column() != Column.NAME:
            return False
        on = Qt.CheckState(value) is Qt.CheckState.Checked
        self.tick([self._rows[index.row()]], on=on)
        return True

    def look(self, *, font: QFont, muted: QColor, caution: QColor) -> None:
        """What a row is drawn with where it is not like the others."""
        self._struck = QFont(font)
        self._struck.setStrikeOut(True)
        self._muted, self._caution = muted, caution

    def _shown(self, position: int) -> tuple[str, ...]:
        item = self.items[position]
        return (
            name_words(item),
            type_words(item, self._texts),
            size_words(item.size, self._texts),
            warned_words(item, self._texts),
        )

    def _spoken(self, position: int) -> str:
        """A whole row in one breath, for screen readers."""
        state = self._texts("batch.ticked" if self._ticked[position] else "batch.unticked")
        return ". ".join(filter(None, (*self._words(position), state)))


def _alignment(column: int) -> Qt.AlignmentFlag:
    across = Qt.AlignmentFlag.AlignRight if column == Column.SIZE else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter
