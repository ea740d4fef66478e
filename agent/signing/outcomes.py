"""The documents of a batch, and what becomes of each."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from agent.documents import Document, Made
from agent.errors import AgentError
from agent.formats.levels import Level
from agent.formats.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One document of many, as it was handed in; `index` names it among them."""

    index: int
    name: str
    profile: str
    options: Options = field(default_factory=Options)
    kind: str  # as in Description
    size: int  # bytes
    sha256: str  # hex
    #: The document itself, unchanged for as long as the block lasts. Raises AgentError.
    opened: Callable[[], AbstractAsyncContextManager[Document]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    index: int
    sha256: str  # hex, of the document as it came
    document: Made = field(repr=False)
    level: Level
    level_problem: str  # the error code why it is not the one that was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """By an error of its own."""

    index: int
    sha256: str
    error: AgentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """The user took it out."""

    index: int
    sha256: str


Outcome = Signed | Failed | Excluded


class Taker(Protocol):
    """Who asked for the batch, and takes what comes of it."""

    @property
    def gone(self) -> bool:
        """Nobody is there any more."""

    async def take(self, outcome: Outcome) -> None:
        """In any order, once for each document. A signed one is taken over, also its file; may wait
        for room.
        """

    async def count(self, done: int, total: int) -> None:
        """Of what the window listed. Cheap: called for each."""
