"""The icon and its menu, built anew from every state. Names of others are neutralised first."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QCursor, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.consent.wording import date_words
from agent.tray.messages import Allowed, Choice, Forget, Open, Quit, Signed, State

_LABEL_CHARS = 48
_ORIGIN_CHARS = 300
_MOST_RECENT = 8
#: Where the system's own menus scroll badly: nobody looks for the fortieth site in a tray.
_MOST_SITES = 20


class TrayIcon(QObject):
    chosen = Signal(object)

    def __init__(self, icon: QIcon) -> None:
        super().__init__()
        self.tray = QSystemTrayIcon(icon)
        self.menu = QMenu()
        self._state: State | None = None
        self.tray.activated.connect(self._activated)

    def show_state(self, state: State) -> None:
        self._state = state
        if self.menu.isVisible():
            return  # not under the user's finger; `_closed` does it
        texts = Texts(state.language)
        self.tray.setToolTip(_tip(state, texts))
        former, self.menu = self.menu, menu_for(state, texts, self.chosen.emit)
        self.menu.aboutToHide.connect(self._closed)
        self.tray.setContextMenu(self.menu)
        former.deleteLater()
        self.tray.show()

    def _closed(self) -> None:
        # After Qt has dealt with what was chosen.
        QTimer.singleShot(0, self._renew)

    def _renew(self) -> None:
        if self._state is not None:
            self.show_state(self._state)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is not QSystemTrayIcon.ActivationReason.Trigger:
            return
        if self._state is not None and self._state.can_open:
            self.chosen.emit(Open())
        else:
            self.menu.popup(QCursor.pos())


def menu_for(state: State, texts: Texts, choose: Callable[[Choice], None]) -> QMenu:
    menu = QMenu()
    if state.demo:
        _note(menu, texts("tray.demo"))
        menu.addSeparator()
    if state.can_open:
        _action(menu, texts("tray.open"), choose, Open())
        menu.addSeparator()
    if state.tokens or not state.services:
        # Who signs with a service alone misses no token.
        _note(menu, texts("tray.tokens" if state.tokens else "tray.no_tokens"))
        for label in _lines(state.tokens):
            _line(menu, f"    {label}")
    if state.services:
        _note(menu, texts("tray.services"))
        for name in _lines(state.services):
            _line(menu, f"    {name}")
    _add_recent(menu.addMenu(texts("tray.recent")), state.recent, texts)
    _add_sites(menu.addMenu(texts("tray.sites")), state.sites, texts, choose)
    menu.addSeparator()
    _note(menu, texts("tray.about", version=state.version))
    _action(menu, texts("tray.quit"), choose, Quit())
    return menu


def _tip(state: State, texts: Texts) -> str:
    services = (texts("tray.service", service=name) for name in _lines(state.services))
    keys = ", ".join((*_lines(state.tokens), *services))
    return texts("tray.tooltip", tokens=keys) if keys else texts("tray.tooltip_none")


def _lines(names: tuple[str, ...]) -> list[str]:
    """Names of others; each once, since one service can hold several accounts."""
    return list(dict.fromkeys(one_line(name, limit=_LABEL_CHARS) for name in names))


def _add_recent(menu: QMenu, recent: tuple[Signed, ...], texts: Texts) -> None:
    for entry in recent[:_MOST_RECENT]:
        mark = "✓" if entry.succeeded else "✗"
        when = f"{entry.at.astimezone():%d/%m %H:%M}"
        name = one_line(entry.name, limit=_LABEL_CHARS)
        origin = one_line(entry.origin, limit=_LABEL_CHARS)
        _line(menu, f"{mark} {when}  {name}  ({origin})")
    if not recent:
        _note(menu, texts("tray.no_recent"))


def _add_sites(
    menu: QMenu, sites: tuple[Allowed, ...], texts: Texts, choose: Callable[[Choice], None]
) -> None:
    for site in sites[:_MOST_SITES]:
        origin = _verbatim(one_line(site.origin, limit=_ORIGIN_CHARS))
        shown = origin
        if site.expires_at is not None:
            shown += "   " + texts("tray.site_until", date=date_words(site.expires_at))
        forget = texts("tray.forget", origin=origin)
        _action(menu.addMenu(shown), forget, choose, Forget(origin=site.origin))
    if not sites:
        _note(menu, texts("tray.no_sites"))


def _note(menu: QMenu, text: str) -> None:
    """A heading, greyed as menus grey what cannot be chosen."""
    note = _line(menu, text)
    note.setEnabled(False)


def _line(menu: QMenu, text: str) -> QAction:
    """A line to read. Not greyed: grey is hard to read, and screen readers pass over it."""
    line = QAction(_verbatim(text), menu)
    menu.addAction(line)
    return line


def _action(menu: QMenu, text: str, choose: Callable[[Choice], None], choice: Choice) -> None:
    action = QAction(text, menu)
    action.triggered.connect(lambda: choose(choice))
    menu.addAction(action)


def _verbatim(text: str) -> str:
    """A menu takes "&" for the mark of an accelerator."""
    return text.replace("&", "&&")
