"""A secret that is used more than once: an account's password. No repr, never pickled.

A PIN is used once and erased (`agent.pin`); this one is read from the keyring when a service is
asked, and dropped right after.
"""

from typing import Never


class Secret:
    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the request that carries it and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> Never:
        raise TypeError("a secret is never pickled")
