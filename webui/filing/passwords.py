"""Passwords: argon2id, off the event loop, two at a time (each takes 64 MB on purpose)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webui.errors import Refused

SHORTEST: Final = 8
LONGEST: Final = 256

_hasher: Final = PasswordHasher()
_turns: Final = ThreadPoolExecutor(2, thread_name_prefix="argon2")


def check_new(password: str) -> None:
    """Raises Refused password_short, password_long. No other rules: they make worse passwords."""
    if len(password) < SHORTEST:
        raise Refused("password_short", field="password", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("password_long", field="password", longest=LONGEST)


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_turns, _hasher.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Takes as long where there is no password, so that the time tells nothing."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_turns, _verify, password, stored)


def _verify(password: str, stored: str | None) -> bool:
    try:
        _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's password")
