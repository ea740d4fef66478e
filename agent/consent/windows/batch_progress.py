"""How far a batch is: how many are done, how fast, and how long it will take.

A screen reader is told at every quarter, politely: one that says every document is one that nobody
can work beside.
"""

import time
from collections import deque
from typing import Final

from agent.consent.text import Texts
from agent.consent.windows.pieces import Own, announce
from agent.consent.windows.progress import Progress
from agent.consent.wording import counted, duration_words, number_words, roughly

#: Said for each document, and too short to be read then.
_PASSING: Final = frozenset({"checking", "signing", "timestamping", "verifying"})
#: Seconds over which the speed is measured, and after which it is worth saying.
_WINDOW_SECONDS: Final = 10.0
_WORTH_SECONDS: Final = 2.0
#: A batch that takes no longer than this needs no forecast.
_SOON_SECONDS: Final = 5.0
_QUARTERS: Final = 4


class BatchProgress(Progress):
    def __init__(self, texts: Texts, *, signing: str) -> None:
        super().__init__(texts, signing=signing)
        self._marks: deque[tuple[float, int]] = deque()
        self._quarter = 0
        self.how_far = Own()
        self.how_far.hide()
        self.note = Own(texts("batch.stop_note"), kind="small")
        self.column.addWidget(self.how_far)
        self.column.addWidget(self.note)

    def say(self, stage: str) -> None:
        super().say("signing" if stage in _PASSING else stage)

    def count(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._marks.append((now, done))
        while now - self._marks[0][0] > _WINDOW_SECONDS:
            self._marks.popleft()
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        texts = self._texts
        sentence = texts(
            "batch.done", done=number_words(done, texts), total=number_words(total, texts)
        )
        self.how_far.setText(" · ".join((sentence, *self._forecast(done, total))))
        self.how_far.show()
        quarter = _QUARTERS * done // max(total, 1)
        if quarter > self._quarter:
            self._quarter = quarter
            self._announce(sentence)

    def stopping(self) -> None:
        self.sentence.setText(self._texts("batch.stopping"))
        self.note.hide()
        self._announce(self.sentence.text())

    def _forecast(self, done: int, total: int) -> tuple[str, ...]:
        (began, at_first), (now, _) = self._marks[0], self._marks[-1]
        if now - began < _WORTH_SECONDS or done <= at_first:
            return ()
        rate = (done - at_first) / (now - began)
        left = (total - done) / rate
        texts = self._texts
        speed = counted(texts, "batch.rate", round(rate)) if round(rate) > 1 else ""
        time_left = duration_words(roughly(left), texts)
        forecast = texts("batch.left", time=time_left) if left > _SOON_SECONDS else ""
        return tuple(filter(None, (speed, forecast)))

    def _announce(self, text: str) -> None:
        announce(self, text)
