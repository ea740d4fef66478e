"""A user of the tray icon: `python -m tests.support.tray_user CHOICE…`.

Started in place of `python -m agent.tray`, on a desktop that pretends to have a tray. Each choice
is a path of menu texts ("Sites > https://… > Forget") that is triggered when it appears; every menu
shown is printed to standard error.
"""

import sys

from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from agent.tray import __main__ as program
from agent.tray.icon import TrayIcon


def texts_of(menu: QMenu, indent: int = 0) -> list[str]:
    lines = []
    for action in menu.actions():
        lines.append("  " * indent + (action.text() or "---"))
        if isinstance(inner := action.menu(), QMenu):
            lines += texts_of(inner, indent + 1)
    return lines


def trigger(menu: QMenu, path: list[str]) -> bool:
    for action in menu.actions():
        if action.text().replace("&", "").startswith(path[0]):
            if len(path) == 1:
                action.trigger()
                return True
            inner = action.menu()
            return isinstance(inner, QMenu) and trigger(inner, path[1:])
    return False


def main() -> int:
    choices = sys.argv[1:]
    QSystemTrayIcon.isSystemTrayAvailable = staticmethod(lambda: True)
    show_state = TrayIcon.show_state

    def show_to_user(icon: TrayIcon, state: object) -> None:
        show_state(icon, state)
        print("\n".join(texts_of(icon.menu)), file=sys.stderr, flush=True)
        print(f"tooltip {icon.tray.toolTip()}", file=sys.stderr, flush=True)
        if choices and trigger(icon.menu, choices[0].split(" > ")):
            del choices[0]

    TrayIcon.show_state = show_to_user
    return program.main()


if __name__ == "__main__":
    sys.exit(main())
