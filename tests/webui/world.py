"""A unit, its certificates, and an outside world that does as a test tells it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from tests.support.pki import Authority, Holder, Urls
from tests.support.xmldsig import sign, sign_receipt
from webui.bhxh.gateway import (
    Acknowledged,
    NeverReceived,
    NotDecided,
    ReceiptDocument,
)
from webui.bhxh.receipt import ReceiptRules
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.config import Delivery, Ivan
from webui.filing import add_certificate, adjust, register
from webui.filing.adjust import Contact
from webui.filing.notify import Bell
from webui.filing.office import Office
from webui.filing.profile import Profile
from webui.store.database import Database
from webui.store.records import CertificateRow, DossierRow, DraftRow, UnitRow

MST = "0101300842"
BRANCH = "0101300842-001"
OTHER = "0100233488"
PASSWORD = "mật khẩu dài"
EMAIL = "ketoan@example.vn"
PROFILE = Profile(
    ten_don_vi="CÔNG TY CỔ PHẦN MẪU",
    ma_don_vi="TS12345",
    co_quan_bhxh="07906",
    dia_chi="Số 1 phố Mẫu, Hà Nội",
    nguoi_lien_he="Trần Thị Mẫu",
    dien_thoai="0912345678",
    email=EMAIL,
)
CONTACT = Contact(nguoi_lien_he="Lê Văn Thử", dien_thoai="0987654321", email="moi@example.vn")
SOURCE = '{"kind":"token","label":"Thử","serial":"0A"}'


@cache
def authority() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


@cache
def unit_holder(name: str = "CÔNG TY CỔ PHẦN MẪU", mst: str = MST) -> Holder:
    return authority().issue(name, mst=mst)


@cache
def bhxh() -> Holder:
    return authority().issue("BẢO HIỂM XÃ HỘI VIỆT NAM", mst=None)


class FakeClock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


TRUSTED = Judgement(chain=Chain.TRUSTED, revocation=Revocation.GOOD)


@dataclass
class StagedJudge:
    verdict: Judgement = TRUSTED
    asked: int = 0

    async def judge(self, der, *, now):
        self.asked += 1
        return self.verdict


@dataclass
class StagedGateway:
    """BHXH in memory, behind the port. `answers` are given first; then it works as it should."""

    answers: list = field(default_factory=list)  # for `send`; an outcome, or a callable
    held: dict[str, list[bytes]] = field(default_factory=dict)  # every arrival, by key
    receipts: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ask_answers: list = field(default_factory=list)

    async def send(self, document, key):
        if self.answers:
            answer = self.answers.pop(0)
            if callable(answer):
                self.take(document, key)
                answer = answer()
            return answer
        return self.take(document, key)

    def take(self, document, key):
        self.held.setdefault(key, []).append(document)
        return self.acknowledgement(key)

    async def ask(self, key):
        self.asked.append(key)
        if self.ask_answers:
            return self.ask_answers.pop(0)
        return self.acknowledgement(key) if key in self.held else NeverReceived()

    async def receipt(self, key):
        if key in self.receipts:
            return ReceiptDocument(document=self.receipts[key])
        return NotDecided()

    async def close(self):
        pass

    @staticmethod
    def acknowledgement(key):
        return Acknowledged(transaction=f"GD-{key[:8]}", at=None)


def new_office(
    database: Database,
    *,
    gateway: StagedGateway | None = None,
    judge: StagedJudge | None = None,
    clock: FakeClock,
    **changes,
) -> Office:
    return Office(
        **{
            "database": database,
            "judge": judge or StagedJudge(),
            "gateway": gateway or StagedGateway(),
            "ivan": Ivan(),
            "receipt_rules": rules(),
            "delivery": Delivery(),
            "bell": Bell(),
            "clock": clock,
            "jitter": lambda: 0.5,
            **changes,
        }
    )


def rules() -> ReceiptRules:
    return ReceiptRules(
        signers=frozenset({bhxh().id}),
        accepted_codes=frozenset({"1"}),
        refused_codes=frozenset({"0"}),
    )


async def registered(office: Office, mst: str = MST, **changes) -> UnitRow:
    asked = {
        "mst": mst,
        "profile": PROFILE,
        "email_again": EMAIL,
        "password": PASSWORD,
        "proof": None,
        **changes,
    }
    return await register.register(office, **asked)


async def added(office: Office, unit: UnitRow, holder: Holder | None = None) -> CertificateRow:
    return await add_certificate.add(office, unit.id, (holder or unit_holder()).der, source=SOURCE)


async def drafted(office: Office, unit: UnitRow, row: CertificateRow) -> DraftRow:
    return await adjust.prepare(office, unit.id, row.sha256, CONTACT, email_again=CONTACT.email)


async def submitted(
    office: Office, unit: UnitRow, row: CertificateRow, holder: Holder | None = None
) -> DossierRow:
    draft = await drafted(office, unit, row)
    return await adjust.accept(
        office, unit.id, draft.id, sign(draft.document, holder or unit_holder())
    )


def receipt_for(
    key: str,
    *,
    mst: str = MST,
    result: str = "1",
    error: tuple[str, str] = ("", ""),
    signer: Holder | None = None,
    unit_code: str = "TS12345",
    form: str = "05_SD-IVAN",
    transaction: str | None = None,
    day: str = "20/11/2026 10:11:12",
    **wrongly,
) -> bytes:
    document = (
        "<BHXH><XACNHAN_GDICH><TTDVI><NGAY_THONGBAO>2026-11-20</NGAY_THONGBAO>"
        f"<MA_DVI>{unit_code}</MA_DVI><MST>{mst}</MST></TTDVI><TTGDICH><SO_HSO>00001/2026/07906"
        f"</SO_HSO><MALOAI_HSO>{form}</MALOAI_HSO><NGAY_GDICH>{day}</NGAY_GDICH>"
        f"<MA_GDICH>{transaction or 'GD-' + key[:8]}</MA_GDICH><MA_KQUA>{result}</MA_KQUA>"
        f"<KQUA>Kết quả</KQUA><MA_LOI>{error[0]}</MA_LOI><MOTA_LOI>{error[1]}</MOTA_LOI>"
        "</TTGDICH></XACNHAN_GDICH></BHXH>"
    ).encode()
    return sign_receipt(document, signer or bhxh(), **wrongly)
