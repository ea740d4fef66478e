"""The append-only, hash-chained record of signatures."""

from agent.journal.entries import Entry, Stored
from agent.journal.store import Journal, JournalBroken

__all__ = ["Entry", "Journal", "JournalBroken", "Stored"]
