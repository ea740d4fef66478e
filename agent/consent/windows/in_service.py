"""Signing with a key in a service: the same window, and behind the approval the service's own
confirmation, by a one-time password or on the phone.
"""

from agent.consent.prompts import SignQuestion
from agent.consent.states import Event, State
from agent.consent.text import Texts
from agent.consent.window_messages import (
    AskBatch,
    AskDigests,
    AskOtp,
    AskSign,
    Command,
    OnPhone,
    OtpGiven,
    ServicePinRejected,
    Working,
)
from agent.consent.windows.otp_panel import OtpPanel
from agent.consent.windows.phone_panel import PhonePanel
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.signing import SigningWindow
from agent.keys import Confirmation

#: Said while the user confirms; it must not take the place of the instruction how.
_CONFIRMING = "waiting-for-confirmation"


class InService(SigningWindow):
    """Put before the window of a question, it adds the steps; the key must be in a service."""

    def __init__(self, pipe: Pipe, texts: Texts, ask: AskSign | AskBatch | AskDigests) -> None:
        super().__init__(pipe, texts, ask)  # type: ignore[call-arg, arg-type]  # of the window behind
        question = self.question
        service = question.certificate.service
        assert service is not None
        self.otp = OtpPanel(texts, service, question.confirmation or Confirmation())
        single = isinstance(question, SignQuestion)
        self.phone = PhonePanel(texts, service, self.subject(), single=single)
        for step in (self.otp, self.phone):
            step.hide()
            self.dock.addWidget(step)
        self.otp.field.entered.connect(self._give)
        self.otp.field.textChanged.connect(self.refresh)
        self.setTabOrder(self.otp.field, self.sign)
        self.setTabOrder(self.sign, self.refuse)

    def obey(self, command: Command) -> None:
        match command:
            case AskOtp(rejected=rejected, seconds=seconds):
                self.phone.stop()
                self._ask(seconds, rejected=rejected)
            case OnPhone(seconds=seconds):
                self.phone.call(self.subject())
                self.phone.wait(seconds)
                self.refresh()
                self.fit()
            case Working(stage=stage) if stage != _CONFIRMING:
                self.phone.stop()
                super().obey(command)
                self.refresh()
            case ServicePinRejected():
                self.phone.stop()
                super().obey(command)
            case _:
                super().obey(command)

    def refresh(self) -> None:
        super().refresh()
        typing = self.consent.state is State.OTP
        on_phone = self.consent.state is State.WORKING and self.phone.waiting
        self.otp.setVisible(typing)
        self.phone.setVisible(on_phone)
        if on_phone:
            self.progress.hide()
        self.sign.setText(self.texts("button.otp") if typing else self.approval_label())
        if on_phone:
            self.refuse.setText(self.texts("button.cancel"))
        if typing:
            self.sign.setEnabled(self.otp.field.filled)

    def attend(self) -> None:
        if self.consent.state is State.OTP:
            self.otp.field.setFocus()
        else:
            super().attend()

    def reject(self) -> None:
        self.otp.field.erase()
        super().reject()

    def confirm(self) -> None:
        if self.consent.state is State.OTP:
            self._give()
        else:
            super().confirm()

    def _ask(self, seconds: float, *, rejected: bool) -> None:
        self.otp.field.erase()
        self.step(Event.OTP_ASKED)
        if self.consent.state is not State.OTP:
            return  # the user cancelled in the meantime
        self.restart_clock(seconds)
        if rejected:
            self.warn(self.texts("otp.rejected"), kind="danger")
        self.attend()
        self.fit()

    def _give(self) -> None:
        field = self.otp.field
        allowed = self.consent.allows(Event.OTP_GIVEN) and self.isActiveWindow()
        if not allowed or not field.filled:
            return
        if not field.is_ascii():
            field.erase()
            self.warn(self.texts("otp.not_ascii"))
            return
        self.progress.say("signing")
        otp = field.take()
        self.approve(OtpGiven(pin_bytes=len(otp)), otp, event=Event.OTP_GIVEN)
