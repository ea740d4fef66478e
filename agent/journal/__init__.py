"""The append-only, hash-chained record of signatures, with the evidence that they rely on.

entries    one line, its canonical bytes, its place in the chain
evidence   certificates, revocation answers and time stamps, by their hashes
store      the journal on disk: what is promised when
chain      is it what was written?
deletion   the one way by which entries go, and what they leave
export     entries and evidence for others; `exported` verifies that without the journal
"""

from agent.journal.broken import JournalBroken
from agent.journal.chain import Examined
from agent.journal.entries import Deletion, Entry, Stored
from agent.journal.evidence import Exhibit, Kind
from agent.journal.store import Journal

__all__ = [
    "Deletion",
    "Entry",
    "Examined",
    "Exhibit",
    "Journal",
    "JournalBroken",
    "Kind",
    "Stored",
]
