"""The words of the agent's own windows, tray and terminal, in Vietnamese and English.

`vi.json` and `en.json` hold the same keys. What went wrong is said in the words of
`protocol/schema/errors.json`, so that the window and the page never say different things.
"""

import json
from functools import cache
from importlib import resources
from typing import Any, Final

LANGUAGES: Final = ("vi", "en")


class Texts:
    """Texts of one language: `texts("sign.title")`; a key that does not exist is a KeyError."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._sentences = _sentences(self.language)

    def __call__(self, key: str, **values: str) -> str:
        sentence = self._sentences[key]
        return sentence.format_map(values) if values else sentence

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def error(self, code: str, **details: Any) -> str:
        """The user's sentence for an error code; an unknown code is shown as itself."""
        spec = _errors().get(code)
        return spec[self.language].format_map(_Lenient(details)) if spec else code


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def _sentences(language: str) -> dict[str, str]:
    text = resources.files(__package__).joinpath(f"{language}.json").read_text("utf-8")
    sentences: dict[str, str] = json.loads(text)
    return sentences


@cache
def _errors() -> dict[str, dict[str, str]]:
    # Read as plain data: importing protocol.errors would build every message type of the protocol,
    # which a window that must be visible at once has no time for.
    text = resources.files("protocol").joinpath("schema/errors.json").read_text("utf-8")
    errors: dict[str, dict[str, str]] = json.loads(text)
    return errors
