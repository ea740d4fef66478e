"""One document of many, in the list's place: what it is, what it says, whether it is signed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from agent.consent.batch_wording import name_words, type_words
from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.consent.window_messages import PreviewFailed, PreviewMade
from agent.consent.windows.batch_model import BatchModel
from agent.consent.windows.pieces import Banner, Foreign, Own, Short
from agent.consent.windows.preview import Preview
from agent.consent.wording import digest_words, number_words, size_words, warning_words


class BatchPreview(QWidget):
    wanted = Signal(int)  # the index of a document that is to be shown
    left = Signal()  # back to the list

    def __init__(self, texts: Texts, model: BatchModel) -> None:
        super().__init__()
        self._texts = texts
        self._model = model
        self.position = 0
        self.back = _button(texts("batch.back"))
        self.previous = _button(texts("batch.previous"))
        self.next = _button(texts("batch.next"))
        self._place = Short("", kind="muted")
        self._name = Foreign("", kind="strong")
        self._facts = Short("", kind="muted")
        self._warning = Banner()
        self.content = Preview("", name=texts("sign.preview"))
        self.note = Own(kind="small")
        self._digest = Foreign("", kind="mono")
        self.sign_this = QCheckBox(texts("batch.sign_this"))

        way = QHBoxLayout()
        way.setSpacing(10)
        way.addWidget(self.back)
        way.addSpacing(6)
        way.addWidget(self.sign_this)
        way.addStretch(1)
        way.addWidget(self._place)
        way.addWidget(self.previous)
        way.addWidget(self.next)
        what = QHBoxLayout()
        what.setSpacing(14)
        what.addWidget(self._name, 1)
        what.addWidget(self._facts, 0, Qt.AlignmentFlag.AlignTop)
        below = QHBoxLayout()
        below.setSpacing(14)
        below.addWidget(Short(texts("sign.sha256"), kind="key"), 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self._digest, 1, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(way)
        column.addLayout(what)
        column.addWidget(self._warning)
        column.addWidget(self.content, 1)
        column.addWidget(self.note)
        column.addLayout(below)

        self.back.clicked.connect(self.left)
        self.previous.clicked.connect(lambda: self._go(-1))
        self.next.clicked.connect(lambda: self._go(1))
        self.sign_this.clicked.connect(self._tick)

    def look_at(self, position: int) -> None:
        """Say what is known already, and ask for the rest."""
        self.position = position
        item, texts = self._model.items[position], self._texts
        rows = self._model.rows
        row = rows.index(position)
        number, count = (number_words(n, texts) for n in (row + 1, len(rows)))
        self._place.setText(texts("batch.place", number=number, count=count))
        self.previous.setEnabled(row > 0)
        self.next.setEnabled(row + 1 < len(rows))
        name = name_words(item)
        self._name.setText(name)
        self._name.setAccessibleName(f"{texts('sign.document')}: {name}")
        self._facts.setText(f"{type_words(item, texts)} · {size_words(item.size, texts)}")
        self._warn(item.warnings)
        digest = digest_words(item.sha256)
        self._digest.setText(digest)
        self._digest.setAccessibleName(f"{texts('sign.sha256')}: {digest}")
        self.sign_this.setChecked(self._model.is_ticked(position))
        self._show("", instead=texts("batch.reading"))
        self.wanted.emit(item.index)

    def show_made(self, made: PreviewMade) -> None:
        """Unless the user looks at another one by now."""
        if made.index != self._model.items[self.position].index:
            return
        description, texts = made.description, self._texts
        self._warn((*self._model.items[self.position].warnings, *description.warnings))
        cut = texts("sign.preview_cut") if description.preview and description.preview_cut else ""
        self._show(description.preview, instead=texts("sign.no_preview"), note=cut)

    def show_failed(self, failed: PreviewFailed) -> None:
        if failed.index == self._model.items[self.position].index:
            details = {name: one_line(value, limit=80) for name, value in failed.details.items()}
            reason = self._texts.error(failed.code, **details)
            self._show("", instead=self._texts("batch.unreadable", reason=reason))

    def _warn(self, codes: tuple[str, ...]) -> None:
        once = dict.fromkeys(codes)
        if once:
            self._warning.say("\n".join(warning_words(code, self._texts) for code in once))
        else:
            self._warning.clear()

    def _show(self, text: str, *, instead: str, note: str = "") -> None:
        """`instead` stands where there is no text."""
        self.content.put(text)
        self.content.setPlaceholderText(instead)
        self.content.setAccessibleDescription(note if text else instead)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _go(self, rows: int) -> None:
        shown = self._model.rows
        self.look_at(shown[shown.index(self.position) + rows])

    def _tick(self) -> None:
        self._model.tick([self.position], on=self.sign_this.isChecked())


def _button(label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName("quiet")
    button.setAutoDefault(False)
    return button
