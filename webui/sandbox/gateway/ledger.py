"""What BHXH holds: dossiers by their idempotency key, and the certificate registered per unit.

Each change is one transaction, so a dossier is either wholly here or not, whenever the power goes.
What may not be twice: a key, a signed document, a content that stands (it is pending, or what is
registered now), and a pending dossier for one signing certificate.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from webui.bhxh import form05
from webui.sandbox.database import Database
from webui.sandbox.gateway.door import Arrival
from webui.sandbox.gateway.refusal import Code, Refusal

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS dossiers (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    document BLOB NOT NULL,
    document_sha256 TEXT NOT NULL UNIQUE,
    content_sha256 TEXT NOT NULL,
    certificate BLOB NOT NULL,
    certificate_sha256 TEXT NOT NULL,
    arrived REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    decided REAL,
    ma_loi TEXT,
    mo_ta TEXT,
    receipt BLOB,
    mailed REAL
);
CREATE INDEX IF NOT EXISTS contents ON dossiers (content_sha256);
CREATE UNIQUE INDEX IF NOT EXISTS one_pending
    ON dossiers (certificate_sha256) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS registered (
    mst TEXT PRIMARY KEY,
    certificate BLOB NOT NULL,
    since REAL NOT NULL,
    dossier INTEGER REFERENCES dossiers (number)
);
"""


class State(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """`error` is (MA_LOI, MOTA_LOI) where it was refused."""

    number: int
    key: str
    document: bytes
    content_sha256: str
    certificate: bytes
    arrived: datetime
    state: State
    decided: datetime | None
    error: tuple[str, str] | None
    receipt: bytes | None
    mailed: datetime | None

    @property
    def transaction(self) -> str:
        """MA_GDICH."""
        return f"TN{self.arrived:%Y%m%d}-{self.number:06d}"

    def dossier_number(self, agency_code: str) -> str:
        """SO_HSO, in the shape of the one known sample (facts D)."""
        return f"{self.number % 100_000:05d}/{self.arrived.year}/{agency_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    mst: str
    certificate: bytes
    since: datetime


class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._arriving = asyncio.Lock()  # one arrival is looked up and kept before the next

    async def keep(self, key: str, arrival: Arrival) -> tuple[Dossier, bool]:
        """The dossier of this key, and whether it is new.

        Raises Refusal KEY_REUSED, DUPLICATE, PENDING.
        """
        async with self._arriving:
            return await self._keep(key, arrival)

    async def _keep(self, key: str, arrival: Arrival) -> tuple[Dossier, bool]:
        earlier = await self.by_key(key)
        if earlier is not None:
            if earlier.document != arrival.document:
                raise Refusal(Code.KEY_REUSED)
            return earlier, False
        await self._refuse_duplicate(arrival)
        row = await self._database.row(
            "INSERT INTO dossiers (key, document, document_sha256, content_sha256, certificate,"
            " certificate_sha256, arrived) VALUES (:key, :document, :document_sha256,"
            " :content_sha256, :certificate, :certificate_sha256, :arrived) RETURNING *",
            key=key,
            document=arrival.document,
            document_sha256=sha256(arrival.document).hexdigest(),
            content_sha256=arrival.content_sha256,
            certificate=arrival.certificate,
            certificate_sha256=sha256(arrival.certificate).hexdigest(),
            arrived=datetime.now(UTC).timestamp(),
        )
        assert row is not None, "INSERT … RETURNING"
        return _dossier(row), True

    async def _refuse_duplicate(self, arrival: Arrival) -> None:
        same = await self._database.row(
            "SELECT * FROM dossiers WHERE document_sha256 = :document OR (content_sha256 = :content"
            " AND (state = 'pending' OR number = (SELECT dossier FROM registered"
            " WHERE mst = :mst))) LIMIT 1",
            document=sha256(arrival.document).hexdigest(),
            content=arrival.content_sha256,
            mst=arrival.form.mst,
        )
        if same is not None:
            raise Refusal(Code.DUPLICATE, transaction=_dossier(same).transaction)
        waiting = await self._database.row(
            "SELECT * FROM dossiers WHERE certificate_sha256 = :certificate AND state = 'pending'",
            certificate=sha256(arrival.certificate).hexdigest(),
        )
        if waiting is not None:
            raise Refusal(Code.PENDING, transaction=_dossier(waiting).transaction)

    async def by_key(self, key: str) -> Dossier | None:
        row = await self._database.row("SELECT * FROM dossiers WHERE key = :key", key=key)
        return None if row is None else _dossier(row)

    async def newest(self, limit: int) -> list[Dossier]:
        return await self._select("ORDER BY number DESC LIMIT :limit", limit=limit)

    async def pending(self) -> list[Dossier]:
        """Oldest first."""
        return await self._select("WHERE state = 'pending' ORDER BY number")

    async def unmailed(self) -> list[Dossier]:
        return await self._select("WHERE state <> 'pending' AND mailed IS NULL ORDER BY number")

    async def counts(self) -> dict[State, int]:
        rows = await self._database.rows("SELECT state, COUNT(*) AS n FROM dossiers GROUP BY state")
        found = {State(row["state"]): int(row["n"]) for row in rows}
        return {state: found.get(state, 0) for state in State}

    async def decide(
        self,
        dossier: Dossier,
        *,
        mst: str,
        error: tuple[str, str] | None,
        receipt: bytes,
        decided: datetime,
    ) -> None:
        """On acceptance the signer's certificate becomes the unit's registered one, in the same
        transaction. `mst` is canonical.
        """
        code, words = error or (None, None)
        statement = (
            "UPDATE dossiers SET state = :state, decided = :decided, ma_loi = :ma_loi,"
            " mo_ta = :mo_ta, receipt = :receipt WHERE number = :number AND state = 'pending'"
        )
        values = {
            "state": State.REFUSED if error else State.ACCEPTED,
            "decided": decided.timestamp(),
            "ma_loi": code,
            "mo_ta": words,
            "receipt": receipt,
            "number": dossier.number,
        }
        decision = (statement, values)
        if error is not None:
            await self._database.together(decision)
        else:
            registration = _registration(mst, dossier.certificate, dossier.number, decided)
            await self._database.together(decision, registration)

    async def mailed(self, dossier: Dossier) -> None:
        await self._database.rows(
            "UPDATE dossiers SET mailed = :mailed WHERE number = :number",
            mailed=datetime.now(UTC).timestamp(),
            number=dossier.number,
        )

    async def register(self, mst: str, certificate: bytes) -> None:
        """From now on this is the unit's certificate at BHXH. `mst` is canonical."""
        await self._database.together(_registration(mst, certificate, None, datetime.now(UTC)))

    async def registered(self, mst: str | None = None) -> list[Registered]:
        """All, or the one of a unit."""
        rows = await self._database.rows(
            "SELECT * FROM registered WHERE :mst IS NULL OR mst = :mst ORDER BY mst", mst=mst
        )
        return [
            Registered(mst=row["mst"], certificate=row["certificate"], since=_moment(row["since"]))
            for row in rows
        ]

    async def _select(self, clauses: str, **values: Any) -> list[Dossier]:
        statement = f"SELECT * FROM dossiers {clauses}"  # noqa: S608 - constants of this class
        return [_dossier(row) for row in await self._database.rows(statement, **values)]


def _registration(
    mst: str, certificate: bytes, dossier: int | None, since: datetime
) -> tuple[str, Mapping[str, Any]]:
    statement = (
        "INSERT INTO registered (mst, certificate, since, dossier)"
        " VALUES (:mst, :certificate, :since, :dossier) ON CONFLICT (mst) DO UPDATE SET"
        " certificate = excluded.certificate, since = excluded.since, dossier = excluded.dossier"
    )
    values = {
        "mst": mst,
        "certificate": certificate,
        "since": since.timestamp(),
        "dossier": dossier,
    }
    return statement, values


def form_of(dossier: Dossier) -> form05.Form05:
    """As read when it arrived; the schema was satisfied then."""
    return form05.read(dossier.document)


def _dossier(row: Mapping[str, Any]) -> Dossier:
    return Dossier(
        number=row["number"],
        key=row["key"],
        document=row["document"],
        content_sha256=row["content_sha256"],
        certificate=row["certificate"],
        arrived=_moment(row["arrived"]),
        state=State(row["state"]),
        decided=None if row["decided"] is None else _moment(row["decided"]),
        error=None if row["ma_loi"] is None else (row["ma_loi"], row["mo_ta"]),
        receipt=row["receipt"],
        mailed=None if row["mailed"] is None else _moment(row["mailed"]),
    )


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
