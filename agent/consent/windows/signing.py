"""What every window that asks for a key is made of, under what it asks for: the PIN, and the
progress in the same window.

A subclass fills `page`; `subject` says what is signed to the windows that follow a service's steps.
"""

from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from agent.consent.batch_wording import subject_words
from agent.consent.prompts import KeyQuestion
from agent.consent.states import Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import (
    Approved,
    Command,
    PinLength,
    PinRejected,
    ServicePinRejected,
    TokenPresent,
    Working,
)
from agent.consent.windows.pieces import Banner
from agent.consent.windows.pin_panel import pin_panel
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.progress import Progress
from agent.consent.windows.question import QuestionWindow
from agent.keys import PinState


class SigningWindow(QuestionWindow):
    #: Of the button that cancels while the key works.
    stop_label = "button.cancel"

    def __init__(
        self,
        pipe: Pipe,
        texts: Texts,
        question: KeyQuestion,
        *,
        window_title: str,
        title: str,
        confirm: str,
        seconds: float,
    ) -> None:
        """`confirm` is the label of the button that approves."""
        super().__init__(pipe, texts, window_title=window_title, title=title, seconds=seconds)
        self._pin_state = question.pin
        self._token_here = True
        self.question = question
        self._approves = confirm
        self.banner = Banner()
        self.pin = pin_panel(texts, question, confirm=confirm)
        in_service = question.certificate.service is not None
        self.progress = self.make_progress("waiting-for-service" if in_service else "signing")
        self.progress.hide()
        for widget in (self.banner, self.pin, self.progress):
            self.dock.addWidget(widget)

        self.refuse = self.add_refusal(texts("button.refuse"))
        self.sign = self.add_confirmation(confirm, kind="primary")
        self.sign.clicked.connect(self.confirm)
        self.pin.field.entered.connect(self.confirm)
        self.pin.field.textChanged.connect(self.refresh)
        QWidget.setTabOrder(self.pin.field, self.sign)
        QWidget.setTabOrder(self.sign, self.refuse)

    # --- for subclasses --------------------------------------------------------------------------

    def make_progress(self, signing: str) -> Progress:
        return Progress(self.texts, signing=signing)

    def subject(self) -> str:
        """What is signed, in a few words."""
        return subject_words(self.question, self.texts)

    def approval_label(self) -> str:
        return self._approves

    def answered(self, pin_bytes: int | None) -> Approved:
        """The user's yes, as it travels."""
        return Approved(pin_bytes=pin_bytes)

    def rest(self) -> QWidget:
        """Has the focus where no PIN is typed: nothing that an Enter or a space could press."""
        return self.heading

    # --- rules that all share --------------------------------------------------------------------

    def ready(self) -> bool:
        return not self.pin.asks or bool(self.pin.field.text())

    def obey(self, command: Command) -> None:
        match command:
            case PinRejected(state=state, seconds=seconds):
                self._rejected(state, self.pin.rejection(state), seconds)
            case PinLength(seconds=seconds):
                self._rejected(self._pin_state, self.texts("pin.length"), seconds)
            case ServicePinRejected(seconds=seconds):
                self._rejected(self._pin_state, self.texts("service.pin_rejected"), seconds)
            case TokenPresent(present=present):
                self._token_here = present
                self.step(Event.TOKEN_BACK if present else Event.TOKEN_GONE)
            case Working(stage=stage):
                self.progress.say(stage)
            case _:
                pass

    def refresh(self) -> None:
        super().refresh()
        state = self.consent.state
        working = state is State.WORKING
        self.progress.setVisible(working)
        self.pin.setVisible(state not in {State.WORKING, State.OTP, State.LOCKED})
        self.pin.setEnabled(state in {State.ASKED, State.SHOWN, State.ARMED})
        # It stays in its place, inert, while working: else the second click of a double click
        # would land on the button that cancels.
        self.sign.setVisible(state is not State.LOCKED)
        if state is State.UNPLUGGED:
            self.pin.field.erase()
            self.refuse.setFocus()
            self.warn(self.texts("token.removed"))
        elif state is State.LOCKED:
            self.warn(self.texts.error("pin_locked"), kind="danger")
        elif working:
            self.banner.clear()
        elif self.banner.text == self.texts("token.removed"):
            self.banner.clear()
            self.attend()
        self.refuse.setText(self._refusal_label())

    def reject(self) -> None:
        self.pin.field.erase()
        super().reject()

    def _visible(self) -> None:
        super()._visible()
        if self._pin_state.locked:
            self.step(Event.PIN_LOCKED)

    def confirm(self) -> None:
        if not self.may_approve():
            return
        if not self.pin.asks:
            self.progress.say("pin-pad" if self._pin_state.pin_pad else "signing")
            self.approve(self.answered(None))
        elif not self.pin.field.is_ascii():
            self.pin.field.erase()
            self.warn(self.texts("pin.not_ascii"))
        else:
            self.progress.say("signing")
            pin = self.pin.field.take()
            self.approve(self.answered(len(pin)), pin)

    def _rejected(self, state: PinState, text: str, seconds: float) -> None:
        self._pin_state = state
        if state.locked:
            self.step(Event.PIN_LOCKED)
            return
        self.pin.hint(state)
        self.pin.hide_hint()  # the banner says it
        self.warn(text, kind="danger")
        self.step(Event.PIN_REJECTED)
        if not self._token_here:
            self.step(Event.TOKEN_GONE)
        self.restart_clock(seconds)
        self.attend()
        self.fit()

    def attend(self) -> None:
        """Put the focus where the user has something to do."""
        if self.pin.asks:
            self.pin.field.setFocus()
        else:
            self.rest().setFocus()

    def warn(self, text: str, *, kind: str = "warn") -> None:
        self.banner.say(text, kind=kind)
        self.fit()
        QAccessible.updateAccessibility(QAccessibleEvent(self.banner, QAccessible.Event.Alert))

    def _refusal_label(self) -> str:
        match self.consent.state:
            case State.LOCKED:
                return self.texts("button.close")
            case State.WORKING:
                return self.texts(self.stop_label)
            case State.OTP:
                return self.texts("button.cancel")
            case _:
                return self.texts("button.refuse")
