"""A table of entries for people: CSV as spreadsheets open it (UTF-8 with a byte order mark)."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Final

from agent.journal.entries import Entry, Stored

_VIETNAM: Final = timezone(timedelta(hours=7))
#: A spreadsheet takes a cell that begins so for a formula, and runs what a page named a document.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

#: What stands in each column but the first, which is the number. Headings are the user's words.
COLUMNS: Final[dict[str, Callable[[Entry], object]]] = {
    "at": lambda entry: _time(entry.at),
    "action": lambda entry: entry.action,
    "outcome": lambda entry: entry.outcome,
    "origin": lambda entry: entry.origin,
    "name": lambda entry: entry.name,
    "size": lambda entry: entry.size,
    "sha256": lambda entry: entry.sha256,
    "profile": lambda entry: entry.profile,
    "mechanism": lambda entry: entry.mechanism,
    "level": lambda entry: entry.level,
    "signed_at": lambda entry: _time(entry.signed_at),
    "stamped_at": lambda entry: _time(entry.stamped_at),
    "holder": lambda entry: entry.holder,
    "serial": lambda entry: entry.serial,
    "state": lambda entry: entry.state,
    "certificate": lambda entry: entry.certificate.sha256 if entry.certificate else "",
    "evidence": lambda entry: len(entry.evidence),
}


class Summary:
    def __init__(self, headings: Iterable[str]) -> None:
        """Of the number and of all COLUMNS."""
        self._text = io.StringIO()
        self._rows = csv.writer(self._text)
        self._rows.writerow(headings)

    def add(self, one: Stored) -> None:
        cells = (one.number, *(cell(one.entry) for cell in COLUMNS.values()))
        self._rows.writerow(_harmless(cell) for cell in cells)

    def octets(self) -> bytes:
        return self._text.getvalue().encode("utf-8-sig")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _time(at: datetime | None) -> str:
    """In Vietnam, whatever this machine's clock is set to."""
    return "" if at is None else f"{at.astimezone(_VIETNAM):%Y-%m-%d %H:%M:%S}"
