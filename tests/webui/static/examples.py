"""What the backend may tell the page, in the backend's own types: no test invents a field."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from protocol import messages as wire
from webui.backend import messages as told
from webui.backend.texts import TIMELINE

MST = "9900000143"
NOW = datetime.now(UTC).replace(microsecond=0)
CLERK = {
    "nguoi_lien_he": "Trần Thị Thử",
    "dien_thoai": "0912345678",
    "email": "ketoan@congty-thu.example",
}


def unit(**changes: Any) -> told.Unit:
    whole = told.Unit(
        mst=MST,
        mst_printed=MST,
        ten_don_vi="CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ THỬ NGHIỆM",
        ma_don_vi="TS12345",
        co_quan_bhxh="07906",
        dia_chi="Số 1 phố Thử, phường Nghiệm, thành phố Hà Nội",
        has_password=True,
        **CLERK,
    )
    return replace(whole, **changes)


def session(**changes: Any) -> told.Session:
    whole = told.Session(
        unit=unit(),
        demo=False,
        scripted=False,
        mailbox_url=None,
        version="0.1.0",
        registration="open",
    )
    return replace(whole, **changes)


def certificate(number: int = 1, **changes: Any) -> told.Certificate:
    whole = told.Certificate(
        id=f"{number:064x}",
        holder="CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ THỬ NGHIỆM",
        mst=(MST,),
        mst_printed=(MST,),
        issuer="OpenKySo Test CA",
        serial=f"5401000A0B0C0D0E0F{number:014X}",
        not_before=NOW - timedelta(days=2),
        not_after=NOW + timedelta(days=3 * 365),
        source=told.TokenSource(label="USB Token của kế toán", serial="A1B2"),
        chain="trusted",
        revocation="good",
        state="chua-gui",
        dossier=None,
        reason=None,
    )
    return replace(whole, **changes)


IN_USE = certificate(
    7,
    state="dang-dung",
    not_before=NOW - timedelta(days=1080),
    not_after=NOW + timedelta(days=12),
    dossier="d0",
)
#: One in every state.
CERTIFICATES = told.Certificates(
    certificates=[
        certificate(1, revocation="unknown"),
        certificate(2, state="dang-cho", dossier="d1"),
        certificate(
            3, state="bi-tu-choi", dossier="d2", reason="Mã đơn vị không do cơ quan này quản lý"
        ),
        IN_USE,
        certificate(5, state="da-thay-the", source=None, revocation="revoked"),
        certificate(
            6,
            state="het-han",
            chain="untrusted",
            not_before=NOW - timedelta(days=1200),
            not_after=NOW - timedelta(days=100),
        ),
    ]
)


def new_adjustment(**changes: Any) -> told.NewAdjustment:
    whole = told.NewAdjustment(
        registered=IN_USE, candidates=[certificate()], contact=told.Contact(**CLERK), blocked=None
    )
    return replace(whole, **changes)


def to_sign() -> told.ToSign:
    return told.ToSign(
        id="draft", name="Điều chỉnh IVAN 05/SĐ-IVAN", document=b"<Hoso/>", sha256="0" * 64
    )


def dossier(state: str = "da-nhan", number: str = "d1", **changes: Any) -> told.DossierDetail:
    """With the history that leads to `state`."""
    story = {
        "da-ky": ["created", "signed"],
        "dang-gui": ["created", "signed", "sending"],
        "cho-gui-lai": ["created", "signed", "sending", "not_delivered"],
        "khong-ro": ["created", "signed", "sending", "uncertain"],
        "da-nhan": ["created", "signed", "sending", "acknowledged"],
        "chap-nhan": ["created", "signed", "sending", "acknowledged", "accepted"],
        "tu-choi": ["created", "signed", "sending", "acknowledged", "refused"],
    }[state]
    becomes = {"chap-nhan": "dang-dung", "tu-choi": "bi-tu-choi"}.get(state, "dang-cho")
    decided = state in {"chap-nhan", "tu-choi"}
    words = {
        "chap-nhan": "Chấp nhận hồ sơ đăng ký",
        "tu-choi": "Mã đơn vị không do cơ quan này quản lý",
    }.get(state)
    whole = told.DossierDetail(
        id=number,
        so_ho_so="00123/2026/00100" if decided else None,
        ma_giao_dich="GD-20261123-0001" if "acknowledged" in story else None,
        form="05/SĐ-IVAN",
        certificate=certificate(2, state=becomes, dossier=number),
        state=state,
        created_at=NOW - timedelta(minutes=9),
        signed_at=NOW - timedelta(minutes=8),
        sent_at=NOW - timedelta(minutes=7) if "acknowledged" in story else None,
        decided_at=NOW if decided else None,
        result_code={"chap-nhan": "1", "tu-choi": "E17"}.get(state),
        result_text=words,
        next_try_at=NOW + timedelta(minutes=2) if state in {"cho-gui-lai", "khong-ro"} else None,
        attempts=1,
        file_name=f"{MST}-05.xml",
        timeline=[step(event, n, words if n == 4 else None) for n, event in enumerate(story)],
        receipts=[receipt(words)] if decided else [],
        **CLERK,
    )
    return replace(whole, **changes)


def step(
    event: str, number: int, words: str | None = None, *, times: int = 1
) -> told.TimelineEntry:
    return told.TimelineEntry(
        event=event,
        state=None,
        at=NOW - timedelta(minutes=9 - number),
        text=TIMELINE[event].vi,
        en=TIMELINE[event].en,
        words=words,
        times=times,
    )


def receipt(words: str | None) -> told.ReceiptSummary:
    return told.ReceiptSummary(
        id=1,
        at=NOW,
        accepted=True,
        code="1",
        text=words,
        suspicious=False,
        why=None,
        why_vi=None,
        why_en=None,
    )


def suspicious() -> told.DossierDetail:
    """Received; then a receipt that cannot be believed."""
    why = "suspicious_signature"
    aside = replace(
        receipt(None),
        accepted=None,
        suspicious=True,
        why=why,
        why_vi=TIMELINE[why].vi,
        why_en=TIMELINE[why].en,
    )
    before = dossier("da-nhan")
    return replace(before, timeline=[*before.timeline, step(why, 4)], receipts=[aside])


def brief(detail: told.DossierDetail) -> told.Dossier:
    return told.Dossier(**{name: getattr(detail, name) for name in told.Dossier.__struct_fields__})


STATES = ("da-ky", "dang-gui", "cho-gui-lai", "khong-ro", "da-nhan", "chap-nhan", "tu-choi")


def history(*, total: int = 25) -> told.Dossiers:
    rows = [brief(dossier(state, f"d{n}")) for n, state in enumerate(STATES)]
    return told.Dossiers(dossiers=rows, total=total, page=1, page_size=20)


# --- the agent's


def token() -> wire.Token:
    return wire.Token(
        id="t1",
        label="USB Token của kế toán",
        manufacturer="Thử",
        model="PIV",
        serial="A1B2",
        reader="Đầu đọc 1",
        pin=wire.PinState(),
    )


def chosen() -> wire.Certificate:
    shown = certificate()
    return wire.Certificate(
        id=shown.id,
        der=b"a certificate, in life",
        holder=shown.holder,
        mst=shown.mst,
        subject="CN=…",
        issuer=shown.issuer,
        serial=shown.serial,
        not_before=shown.not_before,
        not_after=shown.not_after,
        key="RSA-2048",
        state=next(iter(wire.CertificateState)),
        token=token(),
    )
