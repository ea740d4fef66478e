"""What is happening after the approval, in the same window."""

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from agent.consent.text import Texts
from agent.consent.windows.pieces import Own


class Progress(QWidget):
    def __init__(self, texts: Texts, *, signing: str) -> None:
        """`signing` is the stage's name where the key is: only one on a token can be pulled."""
        super().__init__()
        self._texts = texts
        self._signing = signing
        self.sentence = Own(kind="strong")
        bar = QProgressBar()
        bar.setRange(0, 0)  # it is not known how long a token takes
        bar.setTextVisible(False)
        bar.setAccessibleName(texts(f"stage.{signing}"))
        self.bar = bar
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(10)
        column.addWidget(self.sentence)
        column.addWidget(bar)

    def say(self, stage: str) -> None:
        key = f"stage.{stage}"
        known = stage != "signing" and key in self._texts
        sentence = self._texts(key if known else f"stage.{self._signing}")
        self.sentence.setText(sentence)
        self.bar.setAccessibleName(sentence)
