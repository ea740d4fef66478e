"""Who asks for a batch and with which certificate, above the list, which must stay in sight.

They stand side by side, which leaves the room to the list. An address or a reason so long that it
would push the list away gets a scroll bar of its own: a page chooses both.
"""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget

from agent.consent.origins import shown
from agent.consent.prompts import BatchQuestion
from agent.consent.text import Texts
from agent.consent.windows.cards import asker_card, certificate_card

#: An address of so many letters takes more than two lines of half a window.
_WORDY: Final = 50
#: The caption and four lines of the address: the longest there is ends in sight.
_LOWEST: Final = 170
_SCROLL_BAR: Final = 14


class BatchCards(QScrollArea):
    def __init__(self, question: BatchQuestion, texts: Texts) -> None:
        super().__init__()
        wordy = len(shown(question.asker).text) > _WORDY
        across = QBoxLayout.Direction.TopToBottom if wordy else QBoxLayout.Direction.LeftToRight
        asker = asker_card(question.asker, texts, reason=question.reason)
        asker.column.addStretch(1)
        both = QWidget()
        both.setObjectName("page")
        self._row = QBoxLayout(across, both)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        self._row.addWidget(asker, 1)
        self._row.addWidget(certificate_card(question.certificate, texts, narrow=not wordy), 1)
        self.setWidget(both)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(f"{texts('origin.who')}. {texts('certificate.title')}")
        # With something to scroll, the keyboard must be able to.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().rangeChanged.connect(
            lambda _, most: self.setFocusPolicy(
                Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus
            )
        )

    def take(self, width: int) -> None:
        """Be as tall as the words need when they are so wide."""
        # As if there was a scroll bar: else the words would need one as soon as it is there.
        tall = self._row.totalHeightForWidth(width - _SCROLL_BAR)
        self.setFixedHeight(max(tall, self._row.totalMinimumSize().height()))

    def give_up(self, pixels: int) -> bool:
        """Become less tall; False when only the lowest height is left."""
        before = self.height() if self.minimumHeight() == 0 else self.minimumHeight()
        after = max(before - pixels, min(before, _LOWEST))
        self.setFixedHeight(after)
        return after < before
