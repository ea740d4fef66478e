"""The tables. A change here needs a migration beside it; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Utc(TypeDecorator[datetime]):
    """Aware times in UTC on both databases (SQLite keeps none of the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "a time without zone has no meaning"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: SQLite numbers rows by itself only for INTEGER.
_Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

units = Table(
    "units",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("mst", String(13), nullable=False, unique=True),  # canonical
    Column("password_hash", String(255)),  # argon2id; null: only the token logs in
    Column("ten_don_vi", String(250), nullable=False),
    Column("ma_don_vi", String(10), nullable=False),
    Column("co_quan_bhxh", String(5), nullable=False),
    Column("dia_chi", String(250), nullable=False),
    Column("nguoi_lien_he", String(250), nullable=False),
    Column("dien_thoai", String(15), nullable=False),
    Column("email", String(254), nullable=False),
    Column("created_at", Utc, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # never the token itself
    Column("unit_id", ForeignKey("units.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("last_seen_at", Utc, nullable=False),
)

login_challenges = Table(
    "login_challenges",
    metadata,
    Column("nonce_hash", String(64), primary_key=True),
    Column("expires_at", Utc, nullable=False),
)

login_proofs = Table(
    "login_proofs",
    metadata,
    Column("proof_hash", String(64), primary_key=True),
    Column("mst", String(13), nullable=False),
    Column("expires_at", Utc, nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("mst", String(13), nullable=False),
    Column("at", Utc, nullable=False, index=True),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("unit_id", ForeignKey("units.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),  # JSON: where the key lives
    Column("state", String(20), nullable=False),
    Column("reason", Text),  # BHXH's words, when refused
    Column("chain", String(20), nullable=False),
    Column("revocation", String(20), nullable=False),
    Column("checked_at", Utc, nullable=False),
    Column("added_at", Utc, nullable=False),
    # Removed by the user, though a dossier still refers to it.
    Column("hidden", Boolean, nullable=False),
    UniqueConstraint("unit_id", "sha256"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),  # becomes the dossier's id
    Column("unit_id", ForeignKey("units.id", ondelete="CASCADE"), nullable=False),
    Column("certificate_id", ForeignKey("certificates.id", ondelete="CASCADE"), nullable=False),
    Column("nguoi_lien_he", String(250), nullable=False),
    Column("dien_thoai", String(15), nullable=False),
    Column("email", String(254), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("created_at", Utc, nullable=False),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("id", String(32), primary_key=True),  # also the idempotency key
    Column("unit_id", ForeignKey("units.id", ondelete="CASCADE"), nullable=False),
    Column("certificate_id", ForeignKey("certificates.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("nguoi_lien_he", String(250), nullable=False),
    Column("dien_thoai", String(15), nullable=False),
    Column("email", String(254), nullable=False),
    Column("document", LargeBinary, nullable=False),  # as signed, byte for byte
    Column("sha256", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("signed_at", Utc, nullable=False),
    Column("sent_at", Utc),
    Column("decided_at", Utc),
    Column("ma_giao_dich", String(100)),
    Column("so_ho_so", String(100)),
    Column("result_code", String(50)),
    Column("result_text", Text),
    Column("search_text", Text, nullable=False),  # what the history's search looks at, folded
    Index("ix_dossiers_unit_id_created_at", "unit_id", "created_at"),
)
#: While one 05 waits for its answer there is no second one for the same certificate: the database
#: itself holds this, whatever is clicked twice or runs twice.
Index(
    "uq_dossiers_pending",
    dossiers.c.certificate_id,
    unique=True,
    sqlite_where=dossiers.c.decided_at.is_(None),
    postgresql_where=dossiers.c.decided_at.is_(None),
)

outbox = Table(
    "outbox",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", Utc, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", String(32)),
    Column("lease_until", Utc),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("dossier_id", ForeignKey("dossiers.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("at", Utc, nullable=False),
    Column("accepted", Integer),  # 1, 0; null: suspicious, decides nothing
    Column("code", String(50)),
    Column("text", Text),
    Column("why", Text),  # why it is suspicious: a code of the text table
    UniqueConstraint("dossier_id", "sha256"),
)

history = Table(
    "history",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("unit_id", ForeignKey("units.id", ondelete="CASCADE"), nullable=False),
    Column("dossier_id", ForeignKey("dossiers.id", ondelete="CASCADE"), index=True),
    Column("event", String(40), nullable=False),  # keys the timeline's words
    Column("state", String(20)),  # the dossier's, after the event
    Column("at", Utc, nullable=False),
    Column("words", Text),  # somebody else's: BHXH's, or a technical reason
    Index("ix_history_unit_id_id", "unit_id", "id"),
    sqlite_autoincrement=True,  # numbers are never used again: pages resume events by them
)
