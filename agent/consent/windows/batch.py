"""Many documents, one window, one PIN: who asks, the list, a look at single ones, the progress.

1. What is ticked when the user confirms is signed, and nothing else; with nothing ticked there is
   nothing to confirm.
2. Escape leaves a document that is looked at, or a search, for the list; there it is a refusal, as
   everywhere.
3. Stopping keeps what is signed. The window stays until the document at work is done, and says so.
"""

import time
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from agent.consent.batch_wording import chosen_words, subject_words, title_words
from agent.consent.origins import shown
from agent.consent.plain import one_line
from agent.consent.states import Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import (
    Approved,
    AskBatch,
    Command,
    Done,
    PreviewFailed,
    PreviewMade,
    Refused,
    StillHere,
    WantPreview,
    bits,
)
from agent.consent.windows.batch_cards import BatchCards
from agent.consent.windows.batch_list import BatchList
from agent.consent.windows.batch_model import BatchModel
from agent.consent.windows.batch_preview import BatchPreview
from agent.consent.windows.batch_progress import BatchProgress
from agent.consent.windows.pieces import Card, Own, announce
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.signing import SigningWindow
from agent.consent.wording import NAME_CHARS, counted

#: Seconds between two signs of life.
_STILL_HERE_SECONDS: Final = 10.0
_LOOKING: Final = frozenset({State.SHOWN, State.ARMED, State.UNPLUGGED, State.LOCKED})


class BatchWindow(SigningWindow):
    most_wide = 900
    stop_label = "batch.stop"
    progress: BatchProgress

    def __init__(self, pipe: Pipe, texts: Texts, ask: AskBatch) -> None:
        question = ask.question
        self.model = BatchModel(question.items, texts)
        super().__init__(
            pipe,
            texts,
            question,
            window_title=texts("batch.window"),
            title=title_words(question, texts),
            confirm=texts("button.sign"),  # as the notes call it, whatever its number is
            seconds=ask.seconds,
        )
        self._seconds = ask.seconds
        self._seen_at = 0.0
        self.list = BatchList(texts, self.model)
        self.look = BatchPreview(texts, self.model)
        self.look.hide()
        self.chosen = Own(kind="strong")
        documents = Card()
        documents.add(self.chosen)
        documents.column.addWidget(self.list, 1)
        documents.column.addWidget(self.look, 1)
        holder = one_line(question.certificate.holder, limit=NAME_CHARS)
        self.setAccessibleDescription(
            f"{shown(question.asker).text}. {title_words(question, texts)} {holder}."
        )
        self.cards = BatchCards(question, texts)
        self.page.addWidget(self.cards)
        if question.again:
            self.page.addWidget(Own(texts("batch.again")))
        self.page.addWidget(documents, 1)

        self.list.viewed.connect(self.view)
        self.list.stirred.connect(self._still_here)
        self.look.wanted.connect(self._want)
        self.look.left.connect(self.back_to_list)
        self.model.ticked.connect(self._choice_changed)
        self._say_choice()
        self.attend()

    # --- what is asked for -----------------------------------------------------------------------

    def make_progress(self, signing: str) -> BatchProgress:
        return BatchProgress(self.texts, signing=signing)

    def ready(self) -> bool:
        return self.model.count > 0 and super().ready()

    def subject(self) -> str:
        excluded = len(self.model.items) - self.model.count
        return subject_words(self.question, self.texts, excluded=excluded)

    def approval_label(self) -> str:
        count = self.model.count
        return counted(self.texts, "batch.confirm", count) if count else self.texts("button.sign")

    def answered(self, pin_bytes: int | None) -> Approved:
        return Approved(pin_bytes=pin_bytes, excluded=bits(self.model.unticked()))

    def give_up(self, pixels: int) -> bool:
        if not self.look.isVisibleTo(self):
            return self.list.give_up(pixels) or self.cards.give_up(pixels)
        if self.look.content.give_up(pixels) or self.cards.give_up(pixels):
            return True
        # A screen on which one would not see what one looks at.
        in_the_way = self.cards.isVisibleTo(self)
        self.cards.hide()
        return in_the_way

    def fit(self) -> None:
        margins = self.page.contentsMargins()
        self.cards.take(self.width() - margins.left() - margins.right())
        super().fit()

    # --- what happens ----------------------------------------------------------------------------

    def present(self) -> None:
        self.list.measure()
        super().present()

    def obey(self, command: Command) -> None:
        match command:
            case PreviewMade():
                self.look.show_made(command)
                self.fit()
            case PreviewFailed():
                self.look.show_failed(command)
                self.fit()
            case Done(count=count, total=total):
                self.progress.count(count, total)
                self.fit()
            case _ if self.consent.finished:
                pass  # it is stopping, and says so
            case _:
                super().obey(command)

    def refresh(self) -> None:
        super().refresh()
        state = self.consent.state
        self.list.allow(state in _LOOKING | {State.ASKED})
        if state in {State.WORKING, State.OTP}:
            self.back_to_list()
        if state is State.REFUSED:
            # It was stopped: see `reject`.
            self.pin.hide()
            self.progress.show()
            self.progress.stopping()
            self.refuse.setText(self.texts(self.stop_label))
            self.refuse.setEnabled(False)

    def view(self, position: int) -> None:
        if self.consent.state not in _LOOKING:
            return
        self.list.hide()
        self.look.show()
        self.look.look_at(position)
        self.look.content.setFocus()
        self.fit()

    def back_to_list(self) -> None:
        if self.look.isHidden():
            return
        had_focus = any(part.hasFocus() for part in self.look.findChildren(QWidget))
        self.look.hide()
        self.cards.show()
        self.list.show()
        self.list.show_position(self.look.position)
        if had_focus:
            self.list.table.setFocus()
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and (self.look.isVisible() or self.list.searching):
            event.accept()
            self.back_to_list()
            self.list.search.clear()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        super().closeEvent(event)
        self.over.emit()

    def reject(self) -> None:
        """A refusal; of a batch at work, the wish to stop, and the window waits for its end."""
        if self.consent.state is not State.WORKING:
            super().reject()
            return
        self.pin.field.erase()
        self.consent.receive(Event.REFUSE, at=time.monotonic())
        self.pipe.send(Refused())
        self.heading.setFocus()
        self.refresh()

    def _want(self, index: int) -> None:
        if self.consent.state in _LOOKING:
            self.pipe.send(WantPreview(index=index))
            self._still_here()

    def _still_here(self) -> None:
        """The time to answer begins anew while the user goes through the documents."""
        now = time.monotonic()
        if self.consent.state in _LOOKING and now - self._seen_at > _STILL_HERE_SECONDS:
            self._seen_at = now
            self.pipe.send(StillHere())
            self.restart_clock(self._seconds)

    def _choice_changed(self) -> None:
        self._say_choice()
        announce(self, self.chosen.text())
        self._still_here()
        self.refresh()

    def _say_choice(self) -> None:
        model = self.model
        self.chosen.setText(chosen_words(len(model.items), model.count, model.size, self.texts))
        self.sign.setText(self.approval_label())
