"""Both languages say the same things."""

import json
import re
from importlib import resources

import pytest

from agent.app.text import text


def sentences(language: str) -> dict[str, str]:
    source = resources.files("agent.app.text").joinpath(f"{language}.json")
    return json.loads(source.read_text("utf-8"))


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    vi, en = sentences("vi"), sentences("en")

    assert list(vi) == list(en)
    for key, sentence in vi.items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", en[key])), key


def test_a_sentence_is_filled_in() -> None:
    assert text("vi", "journal_good", count=3) == "3 mục, không mục nào bị sửa"
    with pytest.raises(KeyError):
        text("en", "no_such_key")
