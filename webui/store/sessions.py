"""Sessions, login challenges and proofs: only hashes of what the browser holds."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.store.tables import login_challenges, login_proofs, sessions


async def add(tx: AsyncConnection, *, token_hash: str, unit_id: int, now: datetime) -> None:
    await tx.execute(
        insert(sessions).values(
            token_hash=token_hash, unit_id=unit_id, created_at=now, last_seen_at=now
        )
    )


async def unit_of(
    tx: AsyncConnection, token_hash: str, *, seen_after: datetime, created_after: datetime
) -> tuple[int, datetime] | None:
    """The session's unit and when it was last seen, unless it is too old either way."""
    row = (
        await tx.execute(
            select(sessions.c.unit_id, sessions.c.last_seen_at).where(
                sessions.c.token_hash == token_hash,
                sessions.c.last_seen_at > seen_after,
                sessions.c.created_at > created_after,
            )
        )
    ).first()
    return None if row is None else (row[0], row[1])


async def touch(tx: AsyncConnection, token_hash: str, now: datetime) -> None:
    await tx.execute(
        update(sessions).where(sessions.c.token_hash == token_hash).values(last_seen_at=now)
    )


async def end(tx: AsyncConnection, token_hash: str) -> None:
    await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


async def add_challenge(tx: AsyncConnection, *, nonce_hash: str, expires_at: datetime) -> None:
    await tx.execute(insert(login_challenges).values(nonce_hash=nonce_hash, expires_at=expires_at))


async def count_challenges(tx: AsyncConnection, *, now: datetime) -> int:
    found = await tx.execute(
        select(func.count())
        .select_from(login_challenges)
        .where(login_challenges.c.expires_at > now)
    )
    return int(found.scalar_one())


async def take_challenge(tx: AsyncConnection, nonce_hash: str, *, now: datetime) -> bool:
    """True for one caller only, and only in time."""
    taken = await tx.execute(
        delete(login_challenges)
        .where(login_challenges.c.nonce_hash == nonce_hash, login_challenges.c.expires_at > now)
        .returning(login_challenges.c.nonce_hash)
    )
    return taken.first() is not None


async def add_proof(
    tx: AsyncConnection, *, proof_hash: str, mst: str, expires_at: datetime
) -> None:
    await tx.execute(
        insert(login_proofs).values(proof_hash=proof_hash, mst=mst, expires_at=expires_at)
    )


async def take_proof(tx: AsyncConnection, proof_hash: str, *, now: datetime) -> str | None:
    """The MST it proves, for one caller only, and only in time."""
    taken = await tx.execute(
        delete(login_proofs)
        .where(login_proofs.c.proof_hash == proof_hash, login_proofs.c.expires_at > now)
        .returning(login_proofs.c.mst)
    )
    row = taken.first()
    return None if row is None else str(row[0])


async def forget_old(tx: AsyncConnection, *, now: datetime, created_before: datetime) -> None:
    await tx.execute(delete(sessions).where(sessions.c.created_at <= created_before))
    await tx.execute(delete(login_challenges).where(login_challenges.c.expires_at <= now))
    await tx.execute(delete(login_proofs).where(login_proofs.c.expires_at <= now))
