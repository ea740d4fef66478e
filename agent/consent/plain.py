r"""Text from pages, documents and certificates, made safe to look at.

Whoever writes such a text must not be able to reorder it on the screen (bidirectional controls),
to hide letters in it (zero-width, fillers, tags), to paint over its neighbours (towers of combining
marks), to break out of its line, or to push the rest of the window away by its length. What is
taken out leaves a visible mark, so that a doctored name looks doctored.

    >>> one_line("hoá\u202eđơn\n.xml", limit=40)
    'hoá�đơn .xml'
"""

import re
import unicodedata
from typing import Final

#: Stands for every character that was taken out (U+FFFD, REPLACEMENT CHARACTER).
MARK: Final = "�"
ELLIPSIS: Final = "…"

#: Vietnamese needs two marks on a letter when decomposed (ệ); four leaves room for other scripts.
_MOST_MARKS: Final = 4

#: Letters and symbols that draw nothing: Hangul fillers, the Khmer inherent vowels, the blank
#: Braille cell, the combining grapheme joiner, variation selectors (Unicode 16, chapter 23).
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u2800\u034f") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}

#: Latin letters in one piece, which is nearly every name there is: nothing hides among them.
_HARMLESS: Final = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u1e00-\u1eff]*")


def one_line(text: str, *, limit: int) -> str:
    """`text` as at most `limit` visible characters on one line."""
    return _cut(" ".join(_visible(text, keep="").split()), limit)


def lines(text: str, *, limit: int) -> str:
    """`text` with its line breaks and tabs, at most `limit` characters."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _cut(_visible(unified, keep="\n\t"), limit)


def _visible(text: str, *, keep: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if _HARMLESS.fullmatch(text):
        return text
    shown: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if char in keep:
            shown.append(char)
        elif category in {"Zs", "Zl", "Zp"} or char in "\n\r\t\v\f\x85":
            shown.append(" ")
        elif category[0] == "C" or char in _BLANK or marks > _MOST_MARKS:
            # Collapsed: a thousand hidden characters are one mark.
            if not shown or shown[-1] != MARK:
                shown.append(MARK)
        else:
            shown.append(char)
    return "".join(shown)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS
