"""Đăng nhập with MST and password, tries limited.

An attempt is counted before the password is looked at, in a transaction of its own: guesses sent
side by side count as many as they are. The count is kept per MST (somebody guesses one unit's) and
over all (somebody tries one password on many). A locked-out unit still has its token.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from webui.bhxh.mst import canonical_mst
from webui.errors import Refused
from webui.filing import passwords
from webui.filing.office import Office
from webui.store import attempts, units
from webui.store.records import UnitRow

WINDOW: Final = timedelta(minutes=15)
PER_MST: Final = 5
OVER_ALL: Final = 100


async def login(office: Office, *, mst: str, password: str) -> UnitRow:
    """Raises Refused login_failed, too_many_attempts{retry_after}."""
    canonical = canonical_mst(mst)
    if canonical is None:
        raise Refused("mst_malformed", field="mst")
    await count_attempt(office, canonical)
    async with office.database.reading() as tx:
        unit = await units.by_mst(tx, canonical)
    right = await passwords.matches(password, unit.password_hash if unit else None)
    # One answer for an unknown MST, a unit without password and a wrong password: the page must
    # not tell strangers who is registered here.
    if unit is None or not right:
        raise Refused("login_failed", field="password")
    async with office.database.writing() as tx:
        await attempts.forgive(tx, mst=canonical)
    return unit


async def count_attempt(office: Office, mst: str) -> None:
    now = office.clock()
    async with office.database.writing() as tx:
        for limit, only in ((PER_MST, mst), (OVER_ALL, None)):
            made, oldest = await attempts.count(tx, since=now - WINDOW, mst=only)
            if made >= limit:
                raise Refused("too_many_attempts", retry_after=_wait(oldest, now))
        await attempts.add(tx, mst=mst, at=now)


def _wait(oldest: datetime | None, now: datetime) -> int:
    return max(1, ceil(((oldest or now) + WINDOW - now).total_seconds()))
