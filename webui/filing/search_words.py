"""Words to search by, as people type them."""

import unicodedata


def folded(text: str) -> str:
    """Without tone marks and capitals."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))
