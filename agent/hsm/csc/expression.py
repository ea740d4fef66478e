"""v2's formula over authentication objects, `PIN AND (OTP OR "mobile")`, as alternatives (11.4).

    formula    = product *(("OR" | "XOR") product)
    product    = factor *("AND" factor)
    factor     = id | "(" formula ")"

The operators' precedence is not in the specification; it is taken to be the usual one. An id may
hold spaces, so ids are looked for as they were listed, the longest first.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

#: An alternative: the ids that are needed together, in the formula's order.
Alternative = tuple[str, ...]

_MOST_ALTERNATIVES: Final = 64
_MOST_DEPTH: Final = 16
_OPERATORS: Final = frozenset({"AND", "OR", "XOR"})


class FormulaError(ValueError):
    """It cannot be read, or is larger than anybody could answer."""


def alternatives(formula: str, ids: Sequence[str]) -> tuple[Alternative, ...]:
    """The ways to satisfy `formula`, which names some of `ids`. Raises FormulaError."""
    reader = _Reader(list(_tokens(formula, ids)))
    found = reader.formula(0)
    if reader.next is not None:
        raise FormulaError("something follows the formula")
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    @property
    def next(self) -> str | None:
        return self._tokens[0] if self._tokens else None

    def formula(self, depth: int) -> tuple[Alternative, ...]:
        found = self._product(depth)
        # One of them is enough either way, and we never send more than one.
        while self.next in ("OR", "XOR"):
            self._tokens.pop(0)
            found = _bounded((*found, *self._product(depth)))
        return found

    def _product(self, depth: int) -> tuple[Alternative, ...]:
        found = self._factor(depth)
        while self.next == "AND":
            self._tokens.pop(0)
            right = self._factor(depth)
            found = _bounded(tuple(_together(a, b) for a in found for b in right))
        return found

    def _factor(self, depth: int) -> tuple[Alternative, ...]:
        if depth > _MOST_DEPTH or not self._tokens:
            raise FormulaError("nested too deeply" if self._tokens else "a factor is missing")
        word = self._tokens.pop(0)
        if word == "(":
            found = self.formula(depth + 1)
            if self.next != ")":
                raise FormulaError("a parenthesis is not closed")
            self._tokens.pop(0)
            return found
        if word == ")" or word in _OPERATORS:
            raise FormulaError("a factor is missing")
        return ((word,),)


def _tokens(formula: str, ids: Sequence[str]) -> Iterator[str]:
    if not ids:
        raise FormulaError("nothing to speak of")
    names = "|".join(re.escape(i) for i in sorted(ids, key=len, reverse=True))
    # An id ends where the next word begins: "PIN" is not the beginning of "PIN2".
    token = re.compile(rf"\s*(?:({names})(?![^\s()])|(AND|XOR|OR)(?![^\s()])|([()]))\s*")
    at = 0
    while at < len(formula):
        found = token.match(formula, at)
        if found is None or found.end() == at:
            raise FormulaError("neither an operator nor a listed object")
        yield found[1] or found[2] or found[3]
        at = found.end()


def _together(a: Alternative, b: Alternative) -> Alternative:
    return (*a, *(i for i in b if i not in a))


def _bounded(found: tuple[Alternative, ...]) -> tuple[Alternative, ...]:
    if len(found) > _MOST_ALTERNATIVES:
        raise FormulaError("too many alternatives")
    return found
