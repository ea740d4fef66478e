"""The step after the approval in which the user confirms on the phone, and we count down.

The clock is for eyes. A screen reader is told the time at the start and at a few moments, politely:
one that says every second is one that nobody can work beside.
"""

import math
import time
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.consent.plain import one_line
from agent.consent.service_wording import clock_words, phone_instruction
from agent.consent.text import Texts
from agent.consent.windows.pieces import Foreign, Own, Short, announce
from agent.consent.wording import NAME_CHARS
from agent.keys import ServiceInfo

#: Seconds left at which the time is said aloud again.
_SAID_AT: Final = (120, 60, 30, 10)
#: Shorter than a second, so that no second is left out.
_TICK_MILLISECONDS: Final = 200


class PhonePanel(QWidget):
    def __init__(
        self, texts: Texts, service: ServiceInfo, subject: str, *, single: bool = True
    ) -> None:
        """`subject` says what is signed; of a `single` document it is the name that the service's
        app will show.
        """
        super().__init__()
        self._texts = texts
        self._until = 0.0
        self._left = 0
        self._title = texts("phone.title")
        self._how = phone_instruction(service, texts, single=single)
        self._check = texts("phone.check" if single else "phone.check_many")
        self._subject = Foreign("", kind="strong")
        self.clock = Short("", kind="clock")
        caption = Short(texts("phone.left"), kind="key")
        time_left = QVBoxLayout()
        time_left.setSpacing(0)
        time_left.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignRight)
        time_left.addWidget(caption, 0, Qt.AlignmentFlag.AlignRight)
        time_left.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Own(self._title, kind="title"))
        words.addWidget(Foreign(self._how))
        words.addWidget(self._subject)
        top = QHBoxLayout()
        top.setSpacing(18)
        top.addLayout(words, 1)
        top.addLayout(time_left)
        self.note = Own(self._check, kind="small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.note)
        self._timer = QTimer(self, interval=_TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)
        self.call(subject)

    def call(self, subject: str) -> None:
        """Say what is signed now."""
        words = one_line(subject, limit=NAME_CHARS)
        self._subject.setText(words)
        self._subject.setAccessibleName(f"{self._texts('sign.document')}: {words}")
        self._subject.updateGeometry()

    @property
    def waiting(self) -> bool:
        return self._timer.isActive()

    def wait(self, seconds: float) -> None:
        """Begin, or go on with what the service now says is left."""
        begins = not self.waiting
        self._until = time.monotonic() + seconds
        self._left = math.ceil(seconds)
        self._timer.start()
        if begins:
            self._say(f"{self._title}. {self._how} {self._subject.text()}. {self._spoken()}")
        self._show()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        before, self._left = self._left, max(math.ceil(self._until - time.monotonic()), 0)
        if self._left == before:
            return
        if self._left == 0:
            self._say(self._texts("phone.over"))
        elif any(self._left <= moment < before for moment in _SAID_AT):
            self._say(self._spoken())
        self._show()

    def _show(self) -> None:
        # With a name of its own, which changes only when it is said, the label is silent.
        self.clock.setText(clock_words(self._left))
        self.note.setText(self._check if self._left else self._texts("phone.over"))

    def _spoken(self) -> str:
        return f"{self._texts('phone.left')} {clock_words(self._left)}"

    def _say(self, text: str) -> None:
        self.clock.setAccessibleName(self._spoken())
        announce(self, text)
