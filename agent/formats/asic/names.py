"""What a file in a container may be called: nothing that leads elsewhere, or that two programs
would take for different files.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

MIMETYPE: Final = "mimetype"
META: Final = "META-INF/"
_MAX_CHARS: Final = 200
_NOT_IN_FILE_NAMES: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]')


def is_plain(name: str) -> bool:
    """Whether it is a path that stays within the container. A folder's ends with "/"."""
    steps = name.removesuffix("/").split("/")
    return (
        "\\" not in name
        and not any(char < " " or char == "\x7f" for char in name)
        and not re.match(r"[A-Za-z]:", name)
        and not any(step in ("", ".", "..") for step in steps)
    )


def folded(name: str) -> str:
    """The same for names that some file systems do not tell apart."""
    return unicodedata.normalize("NFC", name).casefold()


def is_meta(name: str) -> bool:
    return folded(name).startswith(folded(META))


def clean(name: str) -> str:
    """A document's name, as a page or a user says it, for use in a container of ours."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = _NOT_IN_FILE_NAMES.sub("_", last)[-_MAX_CHARS:].strip(" .")
    if not kept or folded(kept) in (MIMETYPE, "meta-inf"):
        return "document"
    return kept


def unique(names: Iterable[str]) -> Iterator[str]:
    """Each as it is, or with a number where it would be there twice."""
    taken: set[str] = set()
    for name in names:
        found, number = name, 1
        while folded(found) in taken:
            number += 1
            stem, dot, suffix = name.rpartition(".")
            found = f"{stem} ({number}).{suffix}" if dot and stem else f"{name} ({number})"
        taken.add(folded(found))
        yield found
