"""Processes of our own beside the agent: where they find this very package."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import agent

_ROOT: Final = Path(agent.__file__).parent.parent


def importable(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` in which Python imports it, whether installed or run from a source tree."""
    paths = (str(_ROOT), environment.get("PYTHONPATH"))
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
