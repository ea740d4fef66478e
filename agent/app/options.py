"""How the agent was started: what the command line and the configuration file say together."""

from dataclasses import dataclass
from pathlib import Path

from agent.config import Config
from agent.platforms.directories import Directories


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    config: Config
    directories: Directories
    language: str = "vi"
    #: Log to standard error too.
    foreground: bool = False
    verbose: bool = False
    #: Answers consent by this file, for the tokens named in it. Never from the configuration alone.
    scripted_consent: Path | None = None
