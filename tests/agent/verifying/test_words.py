"""A report in words: what TT 15/2025/TT-BKHCN Điều 6.4 wants to be shown, in both languages."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources

import pytest

from agent.certificates.revocation import AnswerKind, Status
from agent.formats import asic, cms, jws, xml
from agent.verifying.report import (
    Party,
    Report,
    RevocationReport,
    SignatureReport,
    StampReport,
    Verdict,
)
from agent.verifying.text import Texts
from agent.verifying.words import lines
from protocol.errors import ERRORS
from protocol.messages import CertificateState

AT = datetime(2026, 11, 23, 5, 0, 0, tzinfo=UTC)
SIGNER = Party(
    holder="CÔNG TY \x1b[2JMẪU",
    mst=("0101300842001",),
    subject="CN=CÔNG TY MẪU",
    issuer="Test Public CA",
    serial="5401",
    not_before=datetime(2026, 1, 2, 5, tzinfo=UTC),
    not_after=datetime(2029, 1, 2, 5, tzinfo=UTC),
    certificate=b"",
)
SIGNATURE = SignatureReport(
    verdict=Verdict.VALID,
    problem="",
    warnings=(),
    signer=SIGNER,
    algorithm="rsa-pkcs1-sha256",
    digest="ab" * 32,
    signed_at=AT,
    proved=False,
    time_is_signed=True,
    then=CertificateState.VALID,
    now=CertificateState.EXPIRED,
    revocation=RevocationReport(status=Status.GOOD, by=AnswerKind.OCSP, at=AT),
    stamp=None,
)
REPORT = Report(
    name="hợp đồng.pdf.p7s",
    kind="cms",
    content="hợp đồng.pdf",
    sha256="cd" * 32,
    size=4096,
    verdict=Verdict.VALID,
    broken="",
    signatures=(SIGNATURE,),
)


def said(report: Report = REPORT, language: str = "vi") -> dict[str, str]:
    """Label → value."""
    parts = (line.partition(": ") for line in lines(report, language=language))
    return {label: value.strip() for label, _, value in parts}


def with_(**changes: object) -> Report:
    return replace(REPORT, signatures=(replace(SIGNATURE, **changes),))


def sentences(language: str) -> dict[str, str]:
    source = resources.files("agent.verifying.text").joinpath(f"{language}.json")
    return json.loads(source.read_text("utf-8"))


def test_what_the_regulation_wants_to_be_shown() -> None:
    found = said()

    assert next(iter(found)) == "Kết luận"
    assert found["Kết luận"] == "CHỮ KÝ HỢP LỆ"
    assert found["Tệp chữ ký"] == "hợp đồng.pdf.p7s (CMS/CAdES, 4,0 KB)"
    assert found["Nội dung được ký"] == "hợp đồng.pdf"
    assert found["Tính toàn vẹn"] == "nguyên vẹn, không bị sửa sau khi ký"
    assert found["MST"] == "0101300842-001"
    assert found["Nhà cung cấp chứng thư"] == "Test Public CA"
    assert found["Thời hạn chứng thư"] == "02/01/2026 – 02/01/2029"
    assert found["Chứng thư lúc ký"] == "Đang hiệu lực"
    assert found["Chứng thư hiện nay"] == "Đã hết hạn"
    assert found["Thu hồi"].startswith("chưa bị thu hồi (OCSP, ")
    assert found["Thời điểm ký"].endswith("(do máy của người ký ghi)")


def test_a_stranger_moves_no_cursor() -> None:
    assert "\x1b" not in "".join(lines(REPORT, language="vi"))
    assert said()["Người ký"].startswith("CÔNG TY")


def test_the_values_stand_below_each_other() -> None:
    starts = {
        len(line) - len(line.partition(": ")[2].lstrip()) for line in lines(REPORT, language="vi")
    }
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("changes", "label", "words"),
    [
        ({"time_is_signed": False}, "Thời điểm ký", "(không được chữ ký bảo vệ)"),
        ({"proved": True}, "Thời điểm ký", "(dấu thời gian xác nhận)"),
        ({"signed_at": None}, "Thời điểm ký", "không ghi"),
        ({"problem": "certificate_revoked"}, "Lý do", "đã bị thu hồi"),
        ({"warnings": ("signing_time_unproved",)}, "Lưu ý", "không có dấu thời gian"),
        ({"warnings": ("revocation_unknown",)}, "Lưu ý", "Không kiểm tra được"),
        (
            {"revocation": RevocationReport(status=Status.REVOKED, revoked_at=AT)},
            "Thu hồi",
            "ĐÃ BỊ THU HỒI",
        ),
        ({"revocation": RevocationReport(status=Status.UNKNOWN)}, "Thu hồi", "CHƯA kiểm tra được"),
        (
            {"stamp": StampReport(at=AT, authority=SIGNER, trusted=False)},
            "Dấu thời gian",
            "CHƯA được tin cậy",
        ),
        ({"signer": replace(SIGNER, mst=())}, "MST", "không có mã số thuế"),
    ],
)
def test_each_fact_has_its_words(changes, label: str, words: str) -> None:
    assert words in said(with_(**changes))[label]


def test_of_a_broken_one_only_why() -> None:
    found = said(replace(REPORT, verdict=Verdict.INVALID, broken="digest", signatures=()))

    assert found["Kết luận"] == "CHỮ KÝ KHÔNG HỢP LỆ"
    assert found["Lý do"] == "Nội dung đã bị sửa sau khi ký, hoặc đây không phải tệp đã được ký."
    assert "Người ký" not in found


def test_of_several_each_has_its_verdict() -> None:
    told = lines(replace(REPORT, signatures=(SIGNATURE, SIGNATURE)), language="en")

    assert "Signature 1/2" in told
    assert "Signature 2/2" in told
    assert sum("VALID SIGNATURE" in line for line in told) == 3


def test_both_languages_say_the_same_things() -> None:
    vi, en = sentences("vi"), sentences("en")

    assert list(vi) == list(en)
    for key, sentence in vi.items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", en[key])), key


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_its_words(language: str) -> None:
    texts = Texts(language)
    reasons = {*xml.Reason, *cms.Reason, *jws.Reason, *asic.Reason} - {cms.Reason.TIMESTAMP}

    assert all(f"broken.{reason}" in texts for reason in reasons)
    assert {key for key in sentences(language) if key.startswith("broken.")} == {
        f"broken.{reason}" for reason in reasons
    }
    assert all(f"verdict.{verdict}" in texts for verdict in Verdict)


def test_the_warnings_of_certificates_have_theirs() -> None:
    for code in ("no_trusted_roots", "revocation_unknown", "certificate_untrusted"):
        assert code in ERRORS
