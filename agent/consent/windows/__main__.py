"""Entry point of the window process: one question in, one conversation, gone.

python -m agent.consent.windows                  asks what standard input says
python -m agent.consent.windows --gallery DIR    draws every window in every state into DIR
python -m agent.consent.windows --gallery DIR N  … of those whose name begins with N
"""

import signal
import sys
from pathlib import Path

import msgspec
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from agent.consent.window_messages import Command
from agent.consent.windows.kinds import window_for
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.style import dress


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--gallery"]:
        # Late: an ordinary question has no use for it and 0.4 s to appear.
        from agent.consent.windows.gallery import draw_all

        draw_all(Path(arguments[1]), *arguments[2:3])
        return 0
    # Ctrl-C in the agent's terminal is the agent's to handle; we end with its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_no_core_file()
    qInstallMessageHandler(_only_failures)
    pipe = Pipe.of_this_process()
    app = QApplication(["openkyso"])
    app.setApplicationDisplayName("OpenKySo")
    app.setDesktopFileName("openkyso")
    app.setQuitOnLastWindowClosed(False)
    try:
        question: Command | None = pipe.first()
    except msgspec.MsgspecError:
        question = None
    dress(app)
    window = window_for(question, pipe) if question is not None else None
    if window is None:
        return 2
    window.over.connect(app.quit)
    pipe.closed.connect(window.end)
    pipe.listen()
    window.present()
    return app.exec()


def _leave_no_core_file() -> None:
    """A PIN may be in this process when it crashes."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _only_failures(kind: QtMsgType, _context: object, text: str) -> None:
    """Qt's chatter is not the agent's log; what makes a window impossible is."""
    if kind in {QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg}:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
