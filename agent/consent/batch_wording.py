"""How a batch is put into words, the same in windows and terminal; names are neutralised."""

import unicodedata
from typing import Final

from agent.consent.plain import one_line
from agent.consent.prompts import (
    BatchItem,
    BatchQuestion,
    DigestsQuestion,
    KeyQuestion,
    SignQuestion,
)
from agent.consent.text import Texts
from agent.consent.wording import NAME_CHARS, counted, number_words, size_words

#: What stays of a letter when its marks are taken off.
_PLAIN_D: Final = str.maketrans("đ", "d")


def title_words(question: BatchQuestion, texts: Texts) -> str:
    key = "batch.title_again" if question.again else "batch.title"
    return counted(texts, key, len(question.items))


def subject_words(question: KeyQuestion, texts: Texts, *, excluded: int = 0) -> str:
    """What is signed, in a few words: its name, or how many there are without the excluded."""
    match question:
        case SignQuestion(name=name):
            return one_line(name, limit=NAME_CHARS)
        case BatchQuestion(items=items):
            return counted(texts, "subject.documents", len(items) - excluded)
        case DigestsQuestion(count=count):
            return counted(texts, "subject.digests", count)


def name_words(item: BatchItem) -> str:
    return one_line(item.name, limit=NAME_CHARS)


def type_words(item: BatchItem, texts: Texts) -> str:
    """What sort of document it is: by its profile where that says more than the kind of file."""
    for key in (f"type.{item.profile}", f"type.{item.kind}"):
        if key in texts:
            return texts(key)
    return texts("type.other")


def warned_words(item: BatchItem, texts: Texts) -> str:
    """Its warnings in a few words each; "" when there are none."""
    keys = [(f"warned.{code}", code) for code in item.warnings]
    return ", ".join(texts(key) if key in texts else texts.error(code) for key, code in keys)


def chosen_words(count: int, chosen: int, size: int, texts: Texts) -> str:
    """How many of them will be signed, and how large these are together."""
    if not chosen:
        return texts("batch.none")
    if chosen == count:
        return counted(texts, "batch.every", chosen, size=size_words(size, texts))
    return counted(
        texts,
        "batch.some",
        count,
        chosen=number_words(chosen, texts),
        size=size_words(size, texts),
    )


def findable(text: str) -> str:
    """Without capitals and marks, so that "hoa don" finds "Hóa đơn"."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char)).translate(_PLAIN_D)
