"""Rows as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    id: int
    mst: str
    password_hash: str | None
    ten_don_vi: str
    ma_don_vi: str
    co_quan_bhxh: str
    dia_chi: str
    nguoi_lien_he: str
    dien_thoai: str
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    id: int
    unit_id: int
    sha256: str
    der: bytes
    source: str
    state: str
    reason: str | None
    chain: str
    revocation: str
    checked_at: datetime
    added_at: datetime
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    id: str
    unit_id: int
    certificate_id: int
    nguoi_lien_he: str
    dien_thoai: str
    email: str
    document: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRow:
    id: str
    unit_id: int
    certificate_id: int
    state: str
    nguoi_lien_he: str
    dien_thoai: str
    email: str
    document: bytes
    sha256: str
    created_at: datetime
    signed_at: datetime
    sent_at: datetime | None
    decided_at: datetime | None
    ma_giao_dich: str | None
    so_ho_so: str | None
    result_code: str | None
    result_text: str | None
    search_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    dossier_id: str
    due_at: datetime
    attempts: int
    lease_owner: str | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    id: int
    dossier_id: str
    sha256: str
    document: bytes
    at: datetime
    accepted: int | None
    code: str | None
    text: str | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    id: int
    unit_id: int
    dossier_id: str | None
    event: str
    state: str | None
    at: datetime
    words: str | None


def record(shape: type[R], row: Row[Any] | None) -> R | None:
    return None if row is None else shape(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def records(shape: type[R], rows: Iterable[Row[Any]]) -> list[R]:
    return [shape(**row._mapping) for row in rows]  # noqa: SLF001 - as above
