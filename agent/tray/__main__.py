"""Entry point of the tray icon's process; it lives as long as its standard input."""

import signal
import sys
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from agent.consent.windows.pipe import Pipe
from agent.consent.windows.style import icon
from agent.tray.icon import TrayIcon
from agent.tray.messages import NO_TRAY, Shown, State, decode_state

#: At log-in the agent may be quicker than the desktop's tray.
_LOOK_MILLISECONDS: Final = 1000
_MOST_LOOKS: Final = 30


class Program(QObject):
    """Waits for the desktop's tray, then shows every state that arrives."""

    def __init__(self, app: QApplication, pipe: Pipe, state: State) -> None:
        super().__init__()
        self._app = app
        self._pipe = pipe
        self._state = state
        self._looks = 0
        self._icon = TrayIcon(icon())
        self._icon.chosen.connect(pipe.send)
        self._waiting = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._waiting.timeout.connect(self.look)
        pipe.arrived.connect(self.renew)
        pipe.closed.connect(app.quit)

    def look(self) -> None:
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._waiting.stop()
            self._icon.show_state(self._state)
            self._pipe.send(Shown())
        elif self._looks == _MOST_LOOKS:
            self._app.exit(NO_TRAY)
        else:
            self._looks += 1
            self._waiting.start()

    def renew(self, state: State) -> None:
        self._state = state
        if not self._waiting.isActive():
            self._icon.show_state(state)


def main() -> int:
    # Ctrl-C in the agent's terminal is the agent's to handle; we end with its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = Pipe.of_this_process(decode=decode_state)
    app = QApplication(["openkyso"])
    app.setApplicationDisplayName("OpenKySo")
    app.setQuitOnLastWindowClosed(False)
    try:
        state: State | None = pipe.first()
    except msgspec.MsgspecError:
        state = None
    if state is None:
        return 2
    program = Program(app, pipe, state)
    # In the event loop, so that `exit` has something to end.
    QTimer.singleShot(0, program.look)
    pipe.listen()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
