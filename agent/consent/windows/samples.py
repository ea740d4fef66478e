"""Made-up questions, kind and hostile, for the gallery and the tests of the windows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.consent.prompts import (
    Asker,
    BatchItem,
    BatchQuestion,
    CertificateFacts,
    DigestsQuestion,
    PickQuestion,
    SelectQuestion,
    SignQuestion,
    SiteQuestion,
)
from agent.documents import Description
from agent.keys import (
    AccountId,
    CertificateId,
    Confirmation,
    OtpKind,
    PinState,
    ServiceInfo,
    TokenId,
    TokenInfo,
)

ASKER: Final = Asker(origin="https://ketoan.example.vn", client="Kế toán Sao Mai")
LOCAL: Final = Asker(origin="http://127.0.0.1:8080", client="OpenKySo")
INSECURE: Final = Asker(origin="http://hoadon.example.vn", client="Hóa đơn")
PUNYCODE: Final = Asker(origin="https://xn--bhxh-vna.example:8443", client="BHXH")
NATIVE: Final = Asker(origin="native:kyso demo", client="kyso demo")

#: Everything a page can put into its texts at once: another direction, hidden letters, a tower of
#: marks, line breaks, markup, and sheer length.
HOSTILE_TEXT: Final = (
    "hoa\u202edon\u202c\u200b.xml\n\n<h1>TIN CẬY</h1><img src=x>&amp; \u2067A\u2069 "
    "Z\u0334\u0335\u0336\u0337\u0338\u0334\u0335\u0336\u0337\u0338 " + "W" * 500
)
HOSTILE: Final = Asker(
    origin="https://" + "a-very-long-label-to-hide-the-end." * 6 + "evil.example:65535",
    client=HOSTILE_TEXT,
)

TOKEN: Final = TokenInfo(
    id=TokenId("t1"),
    label="SAO MAI CA",
    manufacturer="Feitian",
    model="ePass2003",
    serial="1A2B3C4D",
    reader="Feitian ePass2003 00 00",
    module="libcastle.so",
)

SERVICE: Final = ServiceInfo(
    account=AccountId("s1"),
    provider="csc",
    provider_name="Sao Mai Remote Signing",
    host="kyso.saomai.vn:9444",
    name="saomai-ketoan",
)

HOSTILE_SERVICE: Final = replace(
    SERVICE, provider_name=HOSTILE_TEXT, host="h" * 63 + ".evil.example:65535", name=HOSTILE_TEXT
)

_NOW: Final = datetime.now(UTC)

XML: Final = """Hồ sơ 05/SĐ-IVAN
  Mã số thuế: 0101234567
  Tên đơn vị: CÔNG TY TNHH THƯƠNG MẠI SAO MAI
  Mã đơn vị: TZ0123Z
  Cơ quan BHXH: BHXH quận Cầu Giấy
Chứng thư số mới
  Nhà cung cấp: SAO MAI CA
  Số sê-ri: 54 01 0A 7F 22 91
  Hiệu lực: 01/11/2026 – 01/11/2029
Người liên hệ
  Họ tên: Nguyễn Thị Hồng Hạnh
  Điện thoại: 0912 345 678
"""

DOCUMENT: Final = Description(
    kind="xml",
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    size=18_342,
    preview=XML,
    preview_cut=False,
)


def certificate(**changes: object) -> CertificateFacts:
    values: dict[str, object] = {
        "id": CertificateId("a" * 64),
        "holder": "CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ SAO MAI",
        "mst": ("0101234567",),
        "issuer": "SAO MAI CA G2",
        "serial": "54010A7F2291",
        "not_before": _NOW - timedelta(days=3),
        "not_after": _NOW + timedelta(days=1092),
        "state": "valid",
        "token": TOKEN,
    }
    return CertificateFacts(**(values | changes))  # type: ignore[arg-type]  # values of one's own


CERTIFICATES: Final = (
    certificate(),
    certificate(
        id=CertificateId("b" * 64),
        holder="CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ SAO MAI",
        not_before=_NOW - timedelta(days=1100),
        not_after=_NOW - timedelta(days=5),
        state="expired",
        usable=False,
        why_not="certificate_expired",
    ),
    certificate(
        id=CertificateId("c" * 64),
        holder="CHI NHÁNH HẢI PHÒNG – CÔNG TY TNHH SAO MAI",
        mst=("0101234567001",),
        usable=False,
        why_not="mst_mismatch",
        why_not_details={"found": "0101234567001", "expected": "0101234567"},
    ),
)

#: The second of them is the unit's own, in a service.
EVERYWHERE: Final = (
    CERTIFICATES[0],
    certificate(
        id=CertificateId("d" * 64),
        issuer="SAO MAI REMOTE CA",
        token=None,
        service=SERVICE,
        not_after=_NOW + timedelta(days=700),
    ),
    certificate(
        id=CertificateId("e" * 64),
        not_before=_NOW - timedelta(days=1100),
        not_after=_NOW - timedelta(days=5),
        token=None,
        service=SERVICE,
        state="expired",
        usable=False,
        why_not="certificate_expired",
    ),
)

SITE: Final = SiteQuestion(asker=ASKER, reason="Để nộp hồ sơ bảo hiểm xã hội của đơn vị")
SELECT: Final = SelectQuestion(asker=ASKER, wanted_mst="0101234567", certificates=CERTIFICATES)


SIGN: Final = SignQuestion(
    asker=ASKER,
    action="sign",
    name="05_SĐ-IVAN_0101234567.xml",
    description=DOCUMENT,
    certificate=certificate(),
    pin=PinState(min_length=6, max_length=8),
)

#: The key is in a service, which asks a PIN and then a password that it sends.
SIGN_IN_SERVICE: Final = replace(
    SIGN,
    certificate=EVERYWHERE[1],
    pin=PinState(),
    confirmation=Confirmation(pin=True, otp=OtpKind.SENT, otp_label="Ma OTP SMS"),
)


#: The sorts of documents that an office has, in turn.
_SORTS: Final = (
    ("xml", "einvoice", "Hóa đơn 1C26TSM số {:07}.xml", 18_400),
    ("pdf", "pades", "Hợp đồng lao động – Nguyễn Văn {}.pdf", 412_000),
    ("xml", "bhxh-hoso", "D02-LT tháng 11-2026 đợt {}.xml", 61_000),
    ("xml", "etax", "Tờ khai thuế GTGT quý {}.xml", 9_200),
    ("other", "cades-detached", "Bảng lương {}.xlsx", 88_000),
)


def batch_item(index: int, **changes: object) -> BatchItem:
    kind, profile, name, size = _SORTS[index % len(_SORTS)]
    values: dict[str, object] = {
        "index": index,
        "name": name.format(index + 1),
        "kind": kind,
        "profile": profile,
        "size": size + 977 * (index % 41),
        "sha256": f"{index + 1:064x}",
    }
    return BatchItem(**(values | changes))  # type: ignore[arg-type]  # values of one's own


def batch(count: int, **changes: object) -> BatchQuestion:
    values: dict[str, object] = {
        "asker": ASKER,
        "reason": "Hóa đơn và hồ sơ tháng 11",
        "items": tuple(map(batch_item, range(count))),
        "certificate": certificate(),
        "pin": PinState(min_length=6, max_length=8),
    }
    return BatchQuestion(**(values | changes))  # type: ignore[arg-type]  # values of one's own


CHANGED_PDF: Final = replace(
    DOCUMENT,
    kind="pdf",
    preview=(
        "Đã ký bởi CÔNG TY CP HẢI HÀ; sau đó tệp bị sửa\n"
        "PHỤ LỤC HỢP ĐỒNG SỐ 12\nGiá trị hợp đồng: 120.000.000 đ"
    ),
    warnings=("pdf_changed",),
)

UNSEEN: Final = Description(
    kind="digest", sha256=DOCUMENT.sha256, size=32, preview="", preview_cut=False
)

DIGESTS: Final = DigestsQuestion(
    asker=ASKER,
    reason="Ký hóa đơn lập từ phần mềm kế toán",
    count=500,
    seconds=600,
    algorithm="rsa-pkcs1-sha256",
    certificate=certificate(),
)

PICK: Final = PickQuestion(
    asker=ASKER, reason="Ký hợp đồng với khách hàng", multiple=True, kinds=("pdf", "xml")
)
