"""Which PKCS#11 modules this machine has, and which of them may be loaded."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Watch(StrEnum):
    """How plugging a token in or out is noticed."""

    READERS = "readers"  # the module sits on PC/SC, whose events are enough
    POLL = "poll"  # its devices are its own affair: it is asked now and then
    AUTO = "auto"  # READERS if the module's slots bear the names of PC/SC readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module to be loaded."""

    path: Path
    name: str
    watch: Watch = Watch.AUTO
