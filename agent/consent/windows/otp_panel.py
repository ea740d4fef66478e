"""The step after the approval in which the service's one-time password is typed.

It is shown as it is typed, since it is good once and hard to copy blind, and it may be pasted: many
arrive by e-mail or in a program beside us. What the service calls it is a stranger's text.
"""

from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.consent.plain import one_line
from agent.consent.service_wording import otp_claim, otp_source
from agent.consent.text import Texts
from agent.consent.window_messages import MAX_OTP_BYTES
from agent.consent.windows.pieces import Foreign, Own
from agent.consent.windows.pin_field import PinField
from agent.keys import Confirmation, ServiceInfo


class OtpField(PinField):
    def __init__(self) -> None:
        super().__init__()
        self.setEchoMode(PinField.EchoMode.Normal)
        self.setMaxLength(MAX_OTP_BYTES)

    @property
    def filled(self) -> bool:
        return bool(self.text().strip())

    def take(self) -> bytearray:
        # As messages group them: "246 810".
        self.setText("".join(self.text().split()))
        return super().take()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.matches(QKeySequence.StandardKey.Paste):
            event.accept()
            self.insert(one_line(QGuiApplication.clipboard().text(), limit=MAX_OTP_BYTES))
            return
        super().keyPressEvent(event)


class OtpPanel(QWidget):
    def __init__(self, texts: Texts, service: ServiceInfo, asked: Confirmation) -> None:
        super().__init__()
        self.field = OtpField()
        label = Own(texts("otp.label"), kind="strong")
        label.setBuddy(self.field)
        source, claim = otp_source(service, asked, texts), otp_claim(asked, texts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Foreign(source))
        if claim:
            column.addWidget(Foreign(claim, kind="muted"))
        column.addWidget(label)
        column.addWidget(self.field)
        column.addWidget(Own(texts("otp.help"), kind="small"))
        self.field.setAccessibleName(texts("otp.label").replace("&", ""))
        self.field.setAccessibleDescription(" ".join((source, claim, texts("otp.help"))))
