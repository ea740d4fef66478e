"""Who is signed in. The browser holds a random token, the database its hash."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from webui.filing.office import Office
from webui.store import sessions

#: Unused for this long, a session is over; and in any case after the other.
IDLE: Final = timedelta(hours=12)
WHOLE: Final = timedelta(days=7)
#: `last_seen_at` is written at most this often: reading a page is not worth a disk write.
_TOUCH_EVERY: Final = timedelta(minutes=5)


async def begin(office: Office, unit_id: int) -> str:
    token = secrets.token_urlsafe(32)
    async with office.database.writing() as tx:
        await sessions.add(tx, token_hash=digest(token), unit_id=unit_id, now=office.clock())
    return token


async def unit_of(office: Office, token: str) -> int | None:
    now = office.clock()
    async with office.database.reading() as tx:
        found = await sessions.unit_of(
            tx, digest(token), seen_after=now - IDLE, created_after=now - WHOLE
        )
    if found is None:
        return None
    unit_id, last_seen_at = found
    if now - last_seen_at > _TOUCH_EVERY:
        async with office.database.writing() as tx:
            await sessions.touch(tx, digest(token), now)
    return unit_id


async def end(office: Office, token: str) -> None:
    async with office.database.writing() as tx:
        await sessions.end(tx, digest(token))


def digest(secret: str) -> str:
    """High-entropy secrets need no slow hash."""
    return sha256(secret.encode()).hexdigest()
