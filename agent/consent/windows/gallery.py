"""Every window in every state as a picture, for eyes and for review.

Run `QT_QPA_PLATFORM=offscreen python -m agent.consent.windows --gallery DIR`.
"""

import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from agent.consent.states import Consent, State
from agent.consent.text import LANGUAGES
from agent.consent.windows.kinds import window_for
from agent.consent.windows.pin_field import PinField
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.windows.scenes import Act, Scene, scenes
from agent.consent.windows.service_sign import ServiceSignWindow
from agent.consent.windows.sign import SignWindow
from agent.consent.windows.style import dress

#: Test secrets; they go to the null device.
_PIN = "12345678"
_OTP = "246810"


def draw_all(folder: Path) -> None:
    """Write one PNG per scene, language and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(["openkyso"])
    sink = os.open(os.devnull, os.O_WRONLY)
    for scheme in ("light", "dark"):
        dress(app, dark=scheme == "dark")
        for language in LANGUAGES:
            for scene in scenes(language):
                pipe = Pipe(FileIO(os.devnull, "r"), sink)
                _draw(scene, pipe, folder / f"{scene.name}-{language}-{scheme}.png")


def _draw(scene: Scene, pipe: Pipe, picture: Path) -> None:
    window = window_for(scene.question, pipe)
    assert window is not None
    play(window, scene)
    window.grab().save(str(picture))
    window.end()
    window.hide()
    window.deleteLater()
    _settle()


def play(window: QuestionWindow, scene: Scene) -> None:
    """Show the window and lead it into the scene's state."""
    window.consent = Consent(inert_seconds=0.0 if scene.armed else 60.0)
    window.present()
    _wait(lambda: window.consent.state is not State.ASKED)
    if scene.armed:
        _wait(lambda: window.consent.state in {State.ARMED, State.LOCKED})
    for step in scene.then:
        if isinstance(step, Act):
            _act(window, step)
        else:
            window.obey(step)
    _settle()


def _act(window: QuestionWindow, act: Act) -> None:
    assert isinstance(window, SignWindow)
    match act:
        case Act.TYPE_PIN:
            window.pin.field.setText(_PIN)
        case Act.TYPE_ACCENTS:
            field = QApplication.focusWidget()
            assert isinstance(field, PinField)
            field.setText("mậtkhẩu")
        case Act.TYPE_OTP:
            assert isinstance(window, ServiceSignWindow)
            window.otp.field.setText(_OTP)
        case Act.CONFIRM:
            window.sign.click()


def _wait(condition: Callable[[], bool]) -> None:
    """Run Qt until `condition`, or for two seconds: a picture of the wrong state is still seen."""
    for _ in range(200):
        if condition():
            return
        _settle()


def _settle() -> None:
    loop = QEventLoop()
    QTimer.singleShot(10, loop.quit)
    loop.exec()
