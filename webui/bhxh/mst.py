"""MST (mã số thuế, tax code): 10 digits, 10-3 for a branch, 12 for a household or person.

A parent is not its branch: numbers are compared whole, in canonical form (digits alone). Ten-digit
numbers carry a check digit (facts D); twelve-digit ones are citizen numbers and carry none.
"""

from typing import Final

from protocol.identity import canonical_mst, printed_mst
from webui.bhxh.rules import MST_NEVER_ISSUED, MST_WEIGHTS
from webui.errors import Refused

__all__ = ["canonical_mst", "check_digit", "checked", "printed_mst", "same"]

_PERSONAL_DIGITS: Final = 12


def check_digit(first_nine: str) -> int | None:
    """The tenth digit, or None where no number with these nine digits is ever issued."""
    total = sum(w * int(d) for w, d in zip(MST_WEIGHTS, first_nine, strict=True))
    remainder = total % 11
    # 10 − r for r = 0 would need two digits: such prefixes are skipped by the tax office.
    return None if remainder == 0 else 10 - remainder


def checked(text: str, *, field: str = "mst") -> str:
    """The canonical form of `text`. Raises Refused mst_malformed, mst_check_digit."""
    canonical = canonical_mst(text)
    if canonical is None:
        raise Refused("mst_malformed", field=field)
    if len(canonical) == _PERSONAL_DIGITS:
        return canonical
    if MST_NEVER_ISSUED.fullmatch(canonical) or check_digit(canonical[:9]) != int(canonical[9]):
        raise Refused("mst_check_digit", field=field, mst=printed_mst(canonical))
    return canonical


def same(one: str, other: str) -> bool:
    """Whether two written MSTs are the same number, exactly (0101300842 is not 0101300842-001)."""
    first = canonical_mst(one)
    return first is not None and first == canonical_mst(other)
