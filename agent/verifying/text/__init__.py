"""The words of reports on signatures; `vi.json` and `en.json` hold the same keys."""

import json
from functools import cache
from importlib import resources


class Texts:
    """Texts of one language: `texts("label.signer")`; a key that does not exist is a KeyError."""

    def __init__(self, language: str) -> None:
        self._sentences = _sentences(language)

    def __call__(self, key: str, **values: str) -> str:
        return self._sentences[key].format_map(values)

    def __contains__(self, key: str) -> bool:
        return key in self._sentences


@cache
def _sentences(language: str) -> dict[str, str]:
    source = resources.files(__package__).joinpath(f"{language}.json").read_text("utf-8")
    sentences: dict[str, str] = json.loads(source)
    return sentences
