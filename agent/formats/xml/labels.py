"""The words of the forms people know, for elements of known documents (labels.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType


def labels(profile: str) -> Mapping[str, str]:
    """By path below the root ("NoiDung/LyDo"), or "/" and the root's name; empty for none."""
    return _all().get(profile, MappingProxyType({}))


@cache
def _all() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("agent.formats.xml").joinpath("labels.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return {
        profile: MappingProxyType(tables[words["same-as"]] if "same-as" in words else words)
        for profile, words in tables.items()
    }
