"""What every question's window is: header, page, footer, and the rules of arming.

A subclass adds its cards to `page` and its buttons to the footer, and says by `ready` whether its
own conditions for approval are met (a PIN typed, a certificate chosen). Whether the *moment* is
right is decided by `agent.consent.states` alone.
"""

import time

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QCursor, QGuiApplication, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from agent.consent.states import Consent, Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import Answer, Command, Moved, Refused
from agent.consent.windows.pieces import Own, Short
from agent.consent.windows.pipe import Pipe

_LOWEST = 240
_SCROLL_BAR = 14
#: The countdown is shown only at the end: a clock ticking from the start hurries people.
_COUNTDOWN_FROM = 60
#: Share of the screen's height that a window may take.
_TALLEST = 0.94


class QuestionWindow(QDialog):
    """Base of the windows that ask. It answers exactly once, and closing it is a refusal."""

    over = Signal()
    #: Pixels, where the screen has as many.
    most_wide = 660

    def __init__(
        self, pipe: Pipe, texts: Texts, *, window_title: str, title: str, seconds: float
    ) -> None:
        # On top: systems keep a background program from taking the focus, and a question that
        # waits unseen behind the browser looks like a page that hangs.
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint)
        self.pipe = pipe
        self.texts = texts
        self.consent = Consent()
        self._confirming: list[QPushButton] = []
        self._deadline = time.monotonic() + seconds
        self._space = _screen_space()
        self.setWindowTitle(f"{window_title} – {texts('app.name')}")
        self.setAccessibleName(title)

        self._rest = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._rest.timeout.connect(self._rested)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)

        self.page = QVBoxLayout()
        self.page.setContentsMargins(20, 4, 20, 16)
        self.page.setSpacing(12)
        self._page = QWidget()
        self._page.setObjectName("page")
        self._page.setLayout(self.page)
        self._scroll = _scrolling(self._page)
        self._scroll.setAccessibleName(title)
        self.heading = Own(title, kind="title")
        self.heading.setAccessibleName(title)
        self.countdown = Own(kind="muted")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(10)
        self.buttons.addWidget(self.countdown, 1)

        self._head = _header(self.heading, texts)
        self._foot = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self._scroll, 1)
        self.dock = QVBoxLayout()
        self.dock.setSpacing(10)
        column.addWidget(_footer(self._foot, self.dock, self.buttons))
        pipe.arrived.connect(self.obey)

    # --- for subclasses --------------------------------------------------------------------------

    def ready(self) -> bool:
        """Whether the user has given what an approval needs."""
        return True

    def obey(self, command: Command) -> None:
        """Something happened while the window is open."""

    def give_up(self, pixels: int) -> bool:
        """Become less tall by up to `pixels`; False when there is nothing left to give."""
        del pixels
        return False

    def add_refusal(self, label: str) -> QPushButton:
        button = self._button(label)
        button.clicked.connect(self.reject)
        return button

    def add_confirmation(self, label: str, *, kind: str = "") -> QPushButton:
        """A button that approves; inert whenever the state machine says so."""
        button = self._button(label)
        if kind:
            button.setObjectName(kind)
        button.setEnabled(False)
        button.setAccessibleDescription(self.texts("inert"))
        self._confirming.append(button)
        return button

    def may_approve(self) -> bool:
        """Asked by every confirming slot: an accelerator can outrun a button's disabling."""
        return self.consent.allows(Event.APPROVE) and self.isActiveWindow() and self.ready()

    def approve(
        self, answer: Answer, pin: bytearray | None = None, *, event: Event = Event.APPROVE
    ) -> None:
        """Send the user's yes; `pin` is overwritten. Raises OutOfOrderError where the state machine
        does not allow `event`.
        """
        self.consent.receive(event, at=time.monotonic())
        self.pipe.send(answer, pin)
        self._clock.stop()
        self.countdown.setText("")
        self.refresh()

    def step(self, event: Event) -> None:
        """Take a step of the state machine if it is allowed, and report it."""
        if not self.consent.allows(event):
            return
        before = self.consent.state
        self.consent.receive(event, at=time.monotonic())
        self.pipe.send(Moved(event=event))
        if self.consent.state is State.SHOWN:
            self._settle()
        if self.consent.state is not before:
            self.refresh()

    def refresh(self) -> None:
        """Make what can be pressed agree with the state."""
        armed = self.consent.state is State.ARMED and self.ready()
        for button in self._confirming:
            button.setEnabled(armed)

    def restart_clock(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._clock.start()

    def end(self) -> None:
        """The agent is done with this question, or has gone."""
        if self.consent.allows(Event.END):
            self.consent.receive(Event.END, at=time.monotonic())
        self.over.emit()

    # --- showing and arming ----------------------------------------------------------------------

    def present(self) -> None:
        """Show, raise and focus the window, in the middle of the screen the user is on."""
        self._space = _screen_space()
        for part in self.findChildren(QWidget):
            part.ensurePolished()  # before that, sizes are those of another font
        self.resize(QSize(min(self.most_wide, self._space.width()), 0))
        self.fit()
        frame = self.frameGeometry()
        frame.moveCenter(self._space.center())
        self.move(frame.left(), max(frame.top(), self._space.top()))
        self.show()
        self.raise_()
        self.activateWindow()
        QApplication.alert(self)
        self._clock.start()
        self._tick()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if self.consent.state is State.ASKED:
            # After this event, so that what was painted is on the screen when we say so.
            QTimer.singleShot(0, self._visible)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and hasattr(self, "consent"):
            self._rest.stop()
            self.step(Event.UNSETTLED)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        # QDialog would press its default button on Enter. There is none here, and a key that has
        # been held down since before the window appeared must not become an answer.
        if event.isAutoRepeat():
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()
        self.reject()

    def reject(self) -> None:
        """Refusal: the button, Escape or the window's own close button."""
        if self.consent.allows(Event.REFUSE):
            self.consent.receive(Event.REFUSE, at=time.monotonic())
            self.pipe.send(Refused())
        self.over.emit()

    def _visible(self) -> None:
        self.step(Event.VISIBLE)

    def _settle(self) -> None:
        self._rest.stop()
        if self.isActiveWindow():
            self._rest.start(max(1, round(self.consent.inert_for(at=time.monotonic()) * 1000)))

    def _rested(self) -> None:
        if not self.isActiveWindow() or self.consent.state is not State.SHOWN:
            return
        if self.consent.inert_for(at=time.monotonic()) > 0:
            self._settle()
        else:
            self.step(Event.RESTED)

    def _tick(self) -> None:
        left = round(self._deadline - time.monotonic())
        shown = 0 < left <= _COUNTDOWN_FROM
        self.countdown.setText(self.texts("countdown", seconds=str(left)) if shown else "")

    def _button(self, label: str) -> QPushButton:
        button = QPushButton(label)
        button.setAutoDefault(False)
        self.buttons.addWidget(button)
        return button

    def fit(self) -> None:
        """Grow to the content, as far as the screen goes; never shrink under the user's hand."""
        most = round(self._space.height() * _TALLEST)
        while (overflow := self._wanted_height() - most) > 0 and self.give_up(overflow):
            pass
        self.resize(self.width(), min(max(self._wanted_height(), self.height()), most))

    def _wanted_height(self) -> int:
        # Layouts remember heights, and hear of a change inside only in Qt's next round.
        for part in self.findChildren(QWidget):
            part.updateGeometry()
        # As if the page had a scroll bar: a page that just fits without one would keep it.
        page = _height(self.page, self.width() - _SCROLL_BAR)
        around = _height(self._head, self.width()) + _height(self._foot, self.width())
        return max(around + page + 2, _LOWEST)


def _height(layout: QLayout, width: int) -> int:
    if layout.hasHeightForWidth():
        return max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
    return layout.totalSizeHint().height()


def _screen_space() -> QRect:
    """What the screen that the user is on leaves to windows."""
    screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
    return screen.availableGeometry()


def _header(heading: Own, texts: Texts) -> QHBoxLayout:
    picture = Short("", kind="picture")
    picture.setPixmap(QApplication.windowIcon().pixmap(QSize(40, 40)))
    picture.setAccessibleName(texts("app.name"))
    name = Short(texts("app.name"), kind="appName")
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(name)
    words.addWidget(heading)
    row = QHBoxLayout()
    row.setContentsMargins(20, 18, 20, 12)
    row.setSpacing(14)
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    return row


def _scrolling(page: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(page)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    # With something to scroll, the keyboard must be able to.
    scroll.verticalScrollBar().rangeChanged.connect(
        lambda _, most: scroll.setFocusPolicy(
            Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus
        )
    )
    return scroll


def _footer(column: QVBoxLayout, dock: QVBoxLayout, buttons: QHBoxLayout) -> QFrame:
    """What is always in sight, however long the page is."""
    footer = QFrame()
    footer.setObjectName("footer")
    footer.setLayout(column)
    column.setContentsMargins(20, 12, 20, 14)
    column.setSpacing(12)
    column.addLayout(dock)
    column.addLayout(buttons)
    return footer
