"""A user at the keyboard of a window process: `python -m tests.support.qt_user STEP…`.

Started in place of `python -m agent.consent.windows`, it runs the same program and then does what
its steps say. Steps that wait are tried again until they hold, so nothing here sleeps.

    state:armed     wait until the window's state machine is there
    shows:NAME      wait until the named part of the window is visible
    says:NAME=TEXT  wait until the named part shows just that text
    hints:NAME=TEXT wait until the named box holds the text where its own would be
    enabled:NAME    wait until it can be pressed
    type:TEXT       type into whatever has the focus
    paste:TEXT      have it in the clipboard and press Ctrl+V there
    middle:NAME=TEXT  have it selected in another program and click the middle button there
    key:Return      press one key there
    focus:NAME      give it the focus
    press:NAME      click a named part with the mouse
    hit:NAME        the same, even if it is inert
    twice:NAME      click again where it is, whatever is there now
    note:FILE       make that file, for the test to see how far the user is
    choose:A|B      give those paths to the dialog for files, and confirm
    close           the window's own close button
    say:JSON        send a raw line to the agent, as a broken window might
    crash           end without a word
"""

import os
import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QClipboard
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from agent.consent.windows import __main__ as program
from agent.consent.windows.pick import PickWindow
from agent.consent.windows.question import QuestionWindow


class User:
    def __init__(self, window: QuestionWindow | PickWindow, steps: list[str]) -> None:
        self.window = window
        self.steps = steps
        self.timer = QTimer(window, interval=2)
        self.timer.timeout.connect(self.go_on)
        self.timer.start()

    def go_on(self) -> None:
        while self.steps and self.done(*self.steps[0].partition(":")[::2]):
            del self.steps[0]
        if not self.steps:
            self.timer.stop()

    def done(self, verb: str, what: str) -> bool:  # noqa: C901, PLR0911, PLR0912 - a table of verbs
        window = self.window
        match verb:
            case "state":
                return window.consent.state.value == what
            case "shows":
                return self.part(what).isVisible()
            case "enabled":
                return self.part(what).isEnabled()
            case "says":
                name, _, words = what.partition("=")
                return self.part(name).text() == words
            case "hints":
                name, _, words = what.partition("=")
                return words in self.part(name).placeholderText()
            case "choose":
                choose(window.dialog, what.split("|"))
            case "focus" | "type" | "paste" | "key" if not shown_by(window).isActiveWindow():
                return False
            case "focus":
                self.part(what).setFocus()
            case "type":
                QTest.keyClicks(self.focused(), what)
            case "paste":
                QApplication.clipboard().setText(what)
                control = Qt.KeyboardModifier.ControlModifier
                QTest.keyClick(self.focused(), Qt.Key.Key_V, control)
            case "middle":
                name, _, words = what.partition("=")
                QApplication.clipboard().setText(words, QClipboard.Mode.Selection)
                QTest.mouseClick(self.part(name), Qt.MouseButton.MiddleButton)
            case "key":
                QTest.keyClick(self.focused(), getattr(Qt.Key, f"Key_{what}"))
            case "press" | "hit":
                part = self.part(what)
                if verb == "press" and not part.isEnabled():
                    return False
                QTest.mouseClick(part, Qt.MouseButton.LeftButton)
            case "twice":
                place = self.part(what).mapTo(window, self.part(what).rect().center())
                now = window.childAt(place)
                QTest.mouseClick(now or window, Qt.MouseButton.LeftButton)
            case "note":
                Path(what).touch()
            case "close":
                window.close()
            case "say":
                os.write(window.pipe._answers, what.encode() + b"\n")
            case "crash":
                os._exit(139)
            case _:
                raise ValueError(verb)
        return True

    def part(self, name: str) -> QWidget:
        found: object = self.window
        for attribute in name.split("."):
            found = getattr(found, attribute)
        assert isinstance(found, QWidget)
        return found

    def focused(self) -> QWidget:
        return QApplication.focusWidget() or shown_by(self.window)


def shown_by(window: QuestionWindow | PickWindow) -> QWidget:
    return window.dialog if isinstance(window, PickWindow) else window


def choose(dialog: QFileDialog, paths: list[str]) -> None:
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    name.setText(" ".join(f'"{path}"' for path in paths))
    QTest.keyClick(name, Qt.Key.Key_Return)


def main() -> int:
    for kind in (QuestionWindow, PickWindow):
        kind.present = with_user(kind.present)
    return program.main([])


def with_user(present):
    def present_with_user(window: QuestionWindow | PickWindow) -> None:
        present(window)
        window.user = User(window, sys.argv[1:])

    return present_with_user


if __name__ == "__main__":
    sys.exit(main())
