"""What travels between page and backend: strict structs in, plain structs out.

What is asked has unknown fields refused and every string bounded; whether a value makes sense is
the stories' to say, with a message for its field. Bytes travel as base64, times as RFC 3339 UTC.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from webui.backend.texts import ErrorBody

Line = Annotated[str, Meta(max_length=1000)]
Password = Annotated[str, Meta(max_length=1024)]
Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Der = Annotated[bytes, Meta(min_length=1, max_length=16 * 1024)]
#: A name or an address, with a port perhaps: nothing that could hold a user, a path or a query.
_HOST: Final = r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\Z"


class _Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Told(Struct, frozen=True, kw_only=True):
    pass


# --- asked ---------------------------------------------------------------------------------------


class Login(_Asked, frozen=True, kw_only=True):
    mst: Line
    password: Password


class TokenLogin(_Asked, frozen=True, kw_only=True):
    certificate: Der
    signature: Annotated[bytes, Meta(max_length=1024)]
    algorithm: Literal["RS256", "ES256", "ES384"]
    nonce: Annotated[bytes, Meta(max_length=64)]


class UnitProfile(_Asked, frozen=True, kw_only=True):
    ten_don_vi: Line
    ma_don_vi: Line
    co_quan_bhxh: Line
    dia_chi: Line
    nguoi_lien_he: Line
    dien_thoai: Line
    email: Line


class Registration(UnitProfile, frozen=True, kw_only=True):
    mst: Line
    email_lap_lai: Line
    password: Password | None = None
    proof: Annotated[str, Meta(max_length=128)] | None = None


class TokenSource(_Asked, frozen=True, kw_only=True, tag_field="kind", tag="token"):
    label: Annotated[str, Meta(max_length=100)] = ""
    serial: Annotated[str, Meta(max_length=100)] = ""


class HsmSource(_Asked, frozen=True, kw_only=True, tag_field="kind", tag="hsm"):
    """The signing service that keeps the key. Whose account it is there, nobody is told here."""

    provider: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
    provider_name: Annotated[str, Meta(min_length=1, max_length=100)]
    host: Annotated[str, Meta(pattern=_HOST, max_length=260)]


Source = TokenSource | HsmSource


class CertificateToCheck(_Asked, frozen=True, kw_only=True):
    certificate: Der


class CertificateToAdd(_Asked, frozen=True, kw_only=True):
    certificate: Der
    source: Source


class Adjustment(_Asked, frozen=True, kw_only=True):
    certificate_id: Sha256Hex
    nguoi_lien_he: Line
    dien_thoai: Line
    email: Line
    email_lap_lai: Line


class SignedAdjustment(_Asked, frozen=True, kw_only=True):
    document: Annotated[bytes, Meta(min_length=1, max_length=1024 * 1024)]


# --- told ----------------------------------------------------------------------------------------


class Unit(_Told, frozen=True, kw_only=True):
    mst: str
    mst_printed: str
    ten_don_vi: str
    ma_don_vi: str
    co_quan_bhxh: str
    dia_chi: str
    nguoi_lien_he: str
    dien_thoai: str
    email: str
    has_password: bool


class Session(_Told, frozen=True, kw_only=True):
    unit: Unit | None
    demo: bool
    scripted: bool
    mailbox_url: str | None
    version: str
    registration: Literal["open", "token"]


class Challenge(_Told, frozen=True, kw_only=True):
    nonce: bytes


class Certificate(_Told, frozen=True, kw_only=True):
    id: str
    holder: str
    mst: tuple[str, ...]
    mst_printed: tuple[str, ...]
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    source: Source | None
    chain: str
    revocation: str
    state: str
    dossier: str | None  # the newest that concerns it
    reason: str | None  # BHXH's words, when refused


class Certificates(_Told, frozen=True, kw_only=True):
    certificates: list[Certificate]


class Contact(_Told, frozen=True, kw_only=True):
    nguoi_lien_he: str
    dien_thoai: str
    email: str


class NewAdjustment(_Told, frozen=True, kw_only=True):
    registered: Certificate | None
    candidates: list[Certificate]
    contact: Contact
    blocked: ErrorBody | None


class ToSign(_Told, frozen=True, kw_only=True):
    id: str
    name: str  # as the agent's window shall call it
    document: bytes
    sha256: str
    profile: Literal["bhxh-hoso"] = "bhxh-hoso"


class Dossier(_Told, frozen=True, kw_only=True):
    id: str
    so_ho_so: str | None
    ma_giao_dich: str | None
    form: str
    certificate: Certificate
    nguoi_lien_he: str
    dien_thoai: str
    email: str
    state: str
    created_at: datetime
    signed_at: datetime
    sent_at: datetime | None
    decided_at: datetime | None
    result_code: str | None
    result_text: str | None
    next_try_at: datetime | None
    attempts: int


class Dossiers(_Told, frozen=True, kw_only=True):
    dossiers: list[Dossier]
    total: int
    page: int
    page_size: int


class TimelineEntry(_Told, frozen=True, kw_only=True):
    event: str
    state: str | None
    at: datetime
    text: str  # Vietnamese
    en: str
    words: str | None  # BHXH's own, or a technical reason
    times: int  # how often in a row


class ReceiptSummary(_Told, frozen=True, kw_only=True):
    id: int
    at: datetime
    accepted: bool | None
    code: str | None
    text: str | None
    suspicious: bool
    why: str | None
    why_vi: str | None
    why_en: str | None


class DossierDetail(Dossier, frozen=True, kw_only=True):
    file_name: str
    timeline: list[TimelineEntry]
    receipts: list[ReceiptSummary]


class Event(_Told, frozen=True, kw_only=True):
    type: Literal["dossier", "certificates", "unit", "ping"]
    id: str | None = None


class Failure(_Told, frozen=True, kw_only=True):
    error: ErrorBody
