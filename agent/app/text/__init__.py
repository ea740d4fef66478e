"""The words of `kyso-agent` at the command line; `vi.json` and `en.json` hold the same keys."""

import json
from functools import cache
from importlib import resources


def text(language: str, key: str, **values: object) -> str:
    """Raises KeyError for an unknown key."""
    return _sentences(language)[key].format_map(values)


@cache
def _sentences(language: str) -> dict[str, str]:
    source = resources.files(__package__).joinpath(f"{language}.json").read_text("utf-8")
    sentences: dict[str, str] = json.loads(source)
    return sentences
