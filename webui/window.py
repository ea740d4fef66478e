"""The window that hosts the page: a process of its own, started on demand.

    KYSO_WINDOW_URL=… python -m webui.window

The address comes by the environment, which only the same user can read: it may hold a ticket
(webui.ticket), and other users can list the arguments of our processes. For the same reason a
browser, which is handed its address as an argument, gets it without the ticket.

pywebview uses what the system has (Edge WebView2, WKWebView) and QtWebEngine on Linux, where it
needs the extra `window`. Without that the page opens in the system's browser; without a display
its address is printed. The page is the same everywhere.
"""

import os
import sys
import webbrowser
from importlib.util import find_spec
from typing import Final

#: The name of the environment variable with the address.
URL: Final = "KYSO_WINDOW_URL"
_TITLE: Final = "OpenKySo"
_SIZE: Final = (1120, 780)
_SMALLEST: Final = (380, 560)


def main() -> int:
    url = os.environ.pop(URL)
    plain = url.partition("#")[0]
    if not display_available():
        print(plain)  # noqa: T201 - its whole output
        return 0
    if toolkit_available():
        show(url)
    else:
        webbrowser.open(plain)
    return 0


def display_available() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def toolkit_available() -> bool:
    return sys.platform != "linux" or find_spec("PySide6.QtWebEngineWidgets") is not None


def show(url: str) -> None:
    """Returns when the user has closed the window."""
    if sys.platform == "linux":
        os.environ.setdefault("QT_API", "pyside6")
        if os.geteuid() == 0:
            # Chromium's sandbox refuses to start for root; a fresh container has nobody else.
            os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    import webview

    webview.settings["ALLOW_DOWNLOADS"] = True
    webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = True
    webview.create_window(
        _TITLE, url, width=_SIZE[0], height=_SIZE[1], min_size=_SMALLEST, text_select=True
    )
    webview.start(gui="qt" if sys.platform == "linux" else None, private_mode=False)


if __name__ == "__main__":
    sys.exit(main())
