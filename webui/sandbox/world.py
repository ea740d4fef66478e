"""Who lives in the demo world: companies that cannot exist, and the certificates they hold.

Their MSTs pass the check digit and begin with 99, a province that there is not, so that none of
them is anybody's. `World.prepare` makes what is missing and leaves alone what is there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from webui.sandbox.ca import Authority, Order, keys
from webui.sandbox.ca.ledger import replace
from webui.sandbox.ca.subject import SUBSCRIBER_LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An employer, as it would fill in its profile."""

    mst: str  # as printed
    name: str
    unit_code: str
    agency_code: str
    address: str
    contact: str
    phone: str
    email: str


UNIT: Final = Unit(
    mst="9900000016",
    name="CÔNG TY TNHH MINH HỌA",
    unit_code="TS00016",
    agency_code="09901",
    address="Số 1 phố Thí Nghiệm, phường Ví Dụ, thành phố Mẫu",
    contact="Nguyễn Thị Minh Họa",
    phone="0912345678",
    email="ketoan@minhhoa.example",
)
OTHER_MST: Final = "9900000023"
BRANCH_MST: Final = "9900000016-001"


class Role(StrEnum):
    """Why a certificate is there to be tried."""

    NEW = "unit-new"  # the one to register
    OLD = "unit-old"  # registered at BHXH today; its key is gone
    OTHER = "other-company"
    BRANCH = "branch"  # the same first ten digits
    EXPIRED = "unit-expired"
    REVOKED = "unit-revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One certificate of the demo world. `begins` is counted from the day it is made."""

    role: Role
    label: str  # on the token
    holder: str
    mst: str
    begins: timedelta
    revoked: timedelta | None = None

    def order(self, public_key: bytes, now: datetime) -> Order:
        return Order(
            name=self.holder,
            uids=(f"MST:{self.mst}",),
            public_key=public_key,
            not_before=now + self.begins,
        )


_DAY: Final = timedelta(days=1)
ON_THE_TOKEN: Final = (
    Holding(
        role=Role.NEW,
        label="Minh Hoa moi",
        holder=UNIT.name,
        mst=UNIT.mst,
        begins=-2 * _DAY,
    ),
    Holding(
        role=Role.OTHER,
        label="Thi Du",
        holder="CÔNG TY CỔ PHẦN THÍ DỤ",
        mst=OTHER_MST,
        begins=-90 * _DAY,
    ),
    Holding(
        role=Role.BRANCH,
        label="Minh Hoa chi nhanh",
        holder="CHI NHÁNH CÔNG TY TNHH MINH HỌA",
        mst=BRANCH_MST,
        begins=-30 * _DAY,
    ),
    Holding(
        role=Role.EXPIRED,
        label="Minh Hoa het han",
        holder=UNIT.name,
        mst=UNIT.mst,
        begins=-SUBSCRIBER_LIFE - 200 * _DAY,
    ),
    Holding(
        role=Role.REVOKED,
        label="Minh Hoa thu hoi",
        holder=UNIT.name,
        mst=UNIT.mst,
        begins=-300 * _DAY,
        revoked=-10 * _DAY,
    ),
)
#: Three weeks before its end: the reason why the unit has a new one.
OLD: Final = Holding(
    role=Role.OLD,
    label="Minh Hoa cu",
    holder=UNIT.name,
    mst=UNIT.mst,
    begins=-SUBSCRIBER_LIFE + 21 * _DAY,
)
BHXH_NAME: Final = "BẢO HIỂM XÃ HỘI VIỆT NAM (THỬ NGHIỆM)"


class World:
    """The certificates on disk, by role, and BHXH's own key."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder = folder
        self._authority = authority

    def prepare(self) -> None:
        """What needs no token: the old certificate, and BHXH's."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self.path(Role.OLD).exists():
            self.keep(OLD, keys.public(keys.new()))
        if not self.bhxh_certificate_path.exists():
            self._prepare_bhxh()

    def keep(self, holding: Holding, public_key: bytes) -> bytes:
        """Issue (and revoke, where the holding says so) and remember. Returns the DER."""
        now = datetime.now(UTC)
        certificate = self._authority.issue(holding.order(public_key, now))
        if holding.revoked is not None:
            self._authority.revoke(certificate, at=now + holding.revoked)
        replace(self.path(holding.role), certificate, mode=0o644)
        return certificate

    def path(self, role: Role) -> Path:
        return self._folder / f"{role}.der"

    def certificate(self, role: Role) -> bytes:
        """DER. Raises FileNotFoundError for what is on a token that was not prepared."""
        return self.path(role).read_bytes()

    @property
    def bhxh_certificate_path(self) -> Path:
        return self._folder / "bhxh.der"

    @property
    def bhxh_certificate(self) -> bytes:
        return self.bhxh_certificate_path.read_bytes()

    @property
    def bhxh_key(self) -> rsa.RSAPrivateKey:
        return keys.kept(self._folder / "bhxh.key.pem")

    def _prepare_bhxh(self) -> None:
        order = Order(name=BHXH_NAME, public_key=keys.public(self.bhxh_key), locality="Quận Mẫu")
        replace(self.bhxh_certificate_path, self._authority.issue(order), mode=0o644)
