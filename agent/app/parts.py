"""Which implementation stands behind each port, by what this machine and its user offer."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from agent import platforms
from agent.app.options import Options
from agent.config import Config
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.server.edge import Sites
from agent.signing.desk import Judge
from agent.tokens.modules import Module


def modules(config: Config) -> tuple[Module, ...]:
    """The PKCS#11 modules to load, the administrator's first."""
    return tuple(Module(path=path, name=path.stem) for path in config.modules.paths)
