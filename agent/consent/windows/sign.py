"""One signature, one window: who asks, what, with which certificate, the PIN, and the progress."""

from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from agent.consent.origins import shown
from agent.consent.plain import one_line
from agent.consent.prompts import SignQuestion
from agent.consent.states import Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import (
    Approved,
    AskSign,
    Command,
    PinLength,
    PinRejected,
    ServicePinRejected,
    TokenPresent,
    Working,
)
from agent.consent.windows.cards import asker_card, certificate_card, document_card
from agent.consent.windows.pieces import Banner, Own
from agent.consent.windows.pin_panel import pin_panel
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.preview import Preview
from agent.consent.windows.progress import Progress
from agent.consent.windows.question import QuestionWindow
from agent.consent.wording import NAME_CHARS
from agent.keys import PinState


class SignWindow(QuestionWindow):
    def __init__(self, pipe: Pipe, texts: Texts, ask: AskSign) -> None:
        question = ask.question
        login = question.action == "login"
        super().__init__(
            pipe,
            texts,
            window_title=texts("login.window" if login else "sign.window"),
            title=texts("login.title" if login else "sign.title"),
            seconds=ask.seconds,
        )
        self._pin_state = question.pin
        self._token_here = True
        self._question = question

        self.setAccessibleDescription(_summary(question))
        self.page.addWidget(asker_card(question.asker, texts))
        self._preview: Preview | None = None
        if question.description is not None:
            card = document_card(question.name, question.description, texts)
            self._preview = card.findChild(Preview)
            self.page.addWidget(card, 1)
        elif login:
            self.page.addWidget(Own(texts("login.note")))
        self.page.addWidget(certificate_card(question.certificate, texts))
        if self._preview is None:
            self.page.addStretch(1)

        self.banner = Banner()
        confirm = texts("button.login" if login else "button.sign")
        self.pin = pin_panel(texts, question, confirm=confirm)
        in_service = question.certificate.service is not None
        self.progress = Progress(texts, signing="waiting-for-service" if in_service else "signing")
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
        self.attend()

    def ready(self) -> bool:
        return not self.pin.asks or bool(self.pin.field.text())

    def give_up(self, pixels: int) -> bool:
        return self._preview is not None and self._preview.give_up(pixels)

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
            self.approve(Approved(pin_bytes=None))
        elif not self.pin.field.is_ascii():
            self.pin.field.erase()
            self.warn(self.texts("pin.not_ascii"))
        else:
            self.progress.say("signing")
            pin = self.pin.field.take()
            self.approve(Approved(pin_bytes=len(pin)), pin)

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
            # Nothing is focused that an Enter or a space typed for another window could press.
            (self._preview or self.heading).setFocus()

    def warn(self, text: str, *, kind: str = "warn") -> None:
        self.banner.say(text, kind=kind)
        self.fit()
        QAccessible.updateAccessibility(QAccessibleEvent(self.banner, QAccessible.Event.Alert))

    def _refusal_label(self) -> str:
        match self.consent.state:
            case State.LOCKED:
                return self.texts("button.close")
            case State.WORKING | State.OTP:
                return self.texts("button.cancel")
            case _:
                return self.texts("button.refuse")


def _summary(question: SignQuestion) -> str:
    """Read aloud by a screen reader when the window opens."""
    name = one_line(question.name, limit=NAME_CHARS)
    holder = one_line(question.certificate.holder, limit=NAME_CHARS)
    return f"{shown(question.asker).text}. {name}. {holder}."
