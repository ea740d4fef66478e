"""What the demo tells the person at the terminal: Vietnamese, then English."""

import json
import sys
from functools import cache
from importlib import resources
from typing import Any


class DemoError(Exception):
    """The demo cannot start or go on; its text is for the person at the terminal."""

    def __init__(self, key: str, **details: Any) -> None:
        super().__init__(text(key, **details))


def say(key: str, **details: Any) -> None:
    """One line of text.json, at once."""
    print(text(key, **details), flush=True)  # noqa: T201 - it is a command line program's voice


def complain(key: str, **details: Any) -> None:
    print(text(key, **details), file=sys.stderr, flush=True)  # noqa: T201 - as above


def text(key: str, **details: Any) -> str:
    both = _texts()[key]
    return f"{both['vi']}  ({both['en']})".format(**details)


@cache
def _texts() -> dict[str, dict[str, str]]:
    source = resources.files("webui.demo").joinpath("text.json").read_text("utf-8")
    texts: dict[str, dict[str, str]] = json.loads(source)
    return texts
