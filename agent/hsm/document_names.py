"""A document's name as a service takes it, which may show it in its app.

Names come from a web page and go to a company: letters, digits and a few marks are left of them.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from agent.hsm.api import ToSign

_FALLBACK: Final = "document"


def plain(name: str, *, most: int, marks: str = "_-") -> str:
    """ASCII letters, digits and `marks`, without the Vietnamese accents; never empty."""
    kept = re.sub(rf"[^A-Za-z0-9{re.escape(marks)}]+", "-", without_accents(name)).strip("-")
    return kept[:most] or _FALLBACK[:most]


def without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def summary(items: Sequence[ToSign], *, most: int) -> str:
    """What is signed, in one line: the first name, and how many there are besides."""
    more = f" (+{len(items) - 1})" if len(items) > 1 else ""
    first = items[0].name if items else ""
    line = "".join(c if c.isprintable() else " " for c in first)
    return line[: most - len(more)].strip() + more
