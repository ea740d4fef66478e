"""The words of words.toml."""

import tomllib
from functools import cache
from importlib import resources


def said(part: str, key: str, **details: str) -> str:
    """One sentence, its placeholders filled."""
    return _words()[part][key].format(**details)


@cache
def _words() -> dict[str, dict[str, str]]:
    text = resources.files("agent.formats.pdf").joinpath("words.toml").read_text("utf-8")
    return tomllib.loads(text)
