"""Times as signatures write them (xs:dateTime)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from agent.formats.xml import grammar
from agent.formats.xml.grammar import Reason

_TIME: Final = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?\s*", re.ASCII
)
#: Who says no zone is in Vietnam, as e-invoices are.
_VIETNAM: Final = timezone(timedelta(hours=7))
_MAX_HOURS: Final = 14
_MAX_MINUTES: Final = 59
#: No signature is of another century, and not every clock can show every year.
_YEARS: Final = range(1950, 2200)


def moment(text: str) -> datetime:
    """Fractions of a second are let go. Raises DocumentError signature_invalid (grammar)."""
    found = _TIME.fullmatch(text)
    if found is None:
        grammar.reject(Reason.GRAMMAR)
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if year not in _YEARS:
        grammar.reject(Reason.GRAMMAR)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[7]))
    except ValueError:
        grammar.reject(Reason.GRAMMAR)


def _zone(text: str | None) -> timezone:
    if text is None:
        return _VIETNAM
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:])
    if hours > _MAX_HOURS or minutes > _MAX_MINUTES:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
