"""What the agent and its tray icon say to each other, one JSON object a line."""

from datetime import datetime
from typing import Final

import msgspec

#: With this status the icon's process says: there is no tray here, do not start me again.
NO_TRAY: Final = 3


class _Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# --- agent → tray --------------------------------------------------------------------------------


class Signed(_Message, frozen=True):
    """One line of the journal."""

    at: datetime
    name: str
    origin: str
    succeeded: bool


class Allowed(_Message, frozen=True):
    origin: str
    expires_at: datetime | None


class State(_Message, frozen=True):
    """All that the menu shows; every change sends the whole."""

    version: str
    language: str = "vi"
    tokens: tuple[str, ...] = ()  # labels
    services: tuple[str, ...] = ()  # names of the signing services that the user has accounts at
    recent: tuple[Signed, ...] = ()  # newest first
    sites: tuple[Allowed, ...] = ()
    can_open: bool = False  # the agent knows how to open OpenKySo's own page
    demo: bool = False


# --- tray → agent --------------------------------------------------------------------------------


class Shown(_Message, frozen=True, tag=True):
    """The icon is in the tray."""


class Open(_Message, frozen=True, tag=True):
    """Open OpenKySo."""


class Forget(_Message, frozen=True, tag=True):
    """Stop allowing a site."""

    origin: str


class Quit(_Message, frozen=True, tag=True):
    """Stop the agent."""


Choice = Open | Forget | Quit
Report = Shown | Choice

_states = msgspec.json.Decoder(State)
_reports = msgspec.json.Decoder(Report)


def decode_state(line: bytes) -> State:
    """Raises msgspec.MsgspecError."""
    return _states.decode(line)


def decode_report(line: bytes) -> Report:
    """Raises msgspec.MsgspecError."""
    report: Report = _reports.decode(line)
    return report
