"""Every window in every state as a picture, for eyes and for review.

Run `QT_QPA_PLATFORM=offscreen python -m agent.consent.windows --gallery DIR`.
"""

import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from agent.consent.states import Consent, State
from agent.consent.text import LANGUAGES
from agent.consent.windows.batch import BatchWindow
from agent.consent.windows.in_service import InService
from agent.consent.windows.kinds import window_for
from agent.consent.windows.pick import PickWindow
from agent.consent.windows.pin_field import PinField
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.windows.scenes import Act, Scene, dialogs, scenes
from agent.consent.windows.signing import SigningWindow
from agent.consent.windows.style import dress

#: Test secrets; they go to the null device.
_PIN = "12345678"
_OTP = "246810"


def draw_all(folder: Path, wanted: str = "") -> None:
    """Write one PNG per scene whose name begins as `wanted`, language and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(["openkyso"])
    sink = os.open(os.devnull, os.O_WRONLY)
    for scheme in ("light", "dark"):
        dress(app, dark=scheme == "dark")
        for language in LANGUAGES:
            for scene in (*scenes(language), *dialogs(language)):
                if scene.name.startswith(wanted):
                    pipe = Pipe(FileIO(os.devnull, "r"), sink)
                    _draw(scene, pipe, folder / f"{scene.name}-{language}-{scheme}.png")


def _draw(scene: Scene, pipe: Pipe, picture: Path) -> None:
    window = window_for(scene.question, pipe)
    assert window is not None
    if isinstance(window, PickWindow):
        window.present()
        _settle()
        shown: QWidget = window.dialog
    else:
        play(window, scene)
        shown = window
    shown.grab().save(str(picture))
    window.end()
    shown.hide()
    shown.deleteLater()
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
    assert isinstance(window, SigningWindow)
    match act:
        case Act.TYPE_PIN:
            window.pin.field.setText(_PIN)
        case Act.TYPE_ACCENTS:
            field = QApplication.focusWidget()
            assert isinstance(field, PinField)
            field.setText("mậtkhẩu")
        case Act.TYPE_OTP:
            assert isinstance(window, InService)
            window.otp.field.setText(_OTP)
        case Act.CONFIRM:
            window.sign.click()
        case _:
            assert isinstance(window, BatchWindow)
            _act_on_many(window, act)


def _act_on_many(window: BatchWindow, act: Act) -> None:
    match act:
        case Act.UNTICK:
            window.model.tick((1, 3, 4), on=False)
        case Act.UNTICK_ALL:
            window.list.all.click()
        case Act.LOOK:
            window.view(2)
        case Act.SEARCH:
            window.list.search.setText("hop dong")
        case Act.SEARCH_VAINLY:
            window.list.search.setText("biên bản")
        case Act.ONLY_WARNED:
            window.list.warned.click()
        case Act.STOP:
            window.refuse.click()


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
