"""Which entries are meant: by when they were written, by their numbers, or both. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.journal.entries import Span

_LAST: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    since: datetime | None = None  # and later
    before: datetime | None = None  # and not at that time itself
    numbers: Span = (1, _LAST)

    def has(self, number: int, at: datetime) -> bool:
        return (
            self.numbers[0] <= number <= self.numbers[1]
            and (self.since is None or self.since <= at)
            and (self.before is None or at < self.before)
        )


EVERYTHING: Final = Selection()
