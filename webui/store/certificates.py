"""The certificates a unit has added, and their state here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from webui.errors import Refused
from webui.store.records import CertificateRow, record, records
from webui.store.tables import certificates


async def add(
    tx: AsyncConnection,
    *,
    unit_id: int,
    sha256: str,
    der: bytes,
    source: str,
    state: str,
    chain: str,
    revocation: str,
    now: datetime,
) -> int:
    """Raises Refused certificate_exists."""
    try:
        async with tx.begin_nested():
            result = await tx.execute(
                insert(certificates)
                .values(
                    unit_id=unit_id,
                    sha256=sha256,
                    der=der,
                    source=source,
                    state=state,
                    chain=chain,
                    revocation=revocation,
                    checked_at=now,
                    added_at=now,
                    hidden=False,
                )
                .returning(certificates.c.id)
            )
    except IntegrityError as error:
        raise Refused("certificate_exists") from error
    return int(result.scalar_one())


async def of_unit(tx: AsyncConnection, unit_id: int) -> list[CertificateRow]:
    """Newest first, without the hidden ones."""
    found = await tx.execute(
        select(certificates)
        .where(certificates.c.unit_id == unit_id, certificates.c.hidden.is_(False))
        .order_by(certificates.c.id.desc())
    )
    return records(CertificateRow, found)


async def by_sha256(tx: AsyncConnection, unit_id: int, sha256: str) -> CertificateRow | None:
    found = await tx.execute(
        select(certificates).where(
            certificates.c.unit_id == unit_id, certificates.c.sha256 == sha256
        )
    )
    return record(CertificateRow, found.first())


async def get(tx: AsyncConnection, certificate_id: int) -> CertificateRow:
    found = await tx.execute(select(certificates).where(certificates.c.id == certificate_id))
    row = record(CertificateRow, found.first())
    assert row is not None, "foreign keys keep it"
    return row


async def set_state(
    tx: AsyncConnection, certificate_id: int, state: str, *, reason: str | None = None
) -> None:
    await tx.execute(
        update(certificates)
        .where(certificates.c.id == certificate_id)
        .values(state=state, reason=reason)
    )


async def set_judgement(
    tx: AsyncConnection, certificate_id: int, *, chain: str, revocation: str, now: datetime
) -> None:
    await tx.execute(
        update(certificates)
        .where(certificates.c.id == certificate_id)
        .values(chain=chain, revocation=revocation, checked_at=now)
    )


async def judged_before(
    tx: AsyncConnection, moment: datetime, *, states: Sequence[str], limit: int
) -> list[CertificateRow]:
    found = await tx.execute(
        select(certificates)
        .where(certificates.c.checked_at < moment, certificates.c.state.in_(states))
        .order_by(certificates.c.checked_at)
        .limit(limit)
    )
    return records(CertificateRow, found)


async def hide(tx: AsyncConnection, certificate_id: int) -> None:
    await tx.execute(
        update(certificates).where(certificates.c.id == certificate_id).values(hidden=True)
    )


async def bring_back(tx: AsyncConnection, certificate_id: int, *, source: str) -> None:
    """Listed again, as it was but for the place where its key is now."""
    await tx.execute(
        update(certificates)
        .where(certificates.c.id == certificate_id)
        .values(hidden=False, source=source)
    )


async def remove(tx: AsyncConnection, certificate_id: int) -> None:
    await tx.execute(delete(certificates).where(certificates.c.id == certificate_id))
