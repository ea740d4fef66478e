"""Receipt 01/TB-GD: BHXH's signed answer to a dossier (facts A4, from its stylesheet [V]).

`/BHXH/XACNHAN_GDICH` holds TTDVI (the unit) and TTGDICH (the transaction: MA_GDICH, MA_KQUA, KQUA,
MA_LOI, MOTA_LOI). Where the ds:Signature stands is not known [U]; it is accepted in the one place
where it covers the whole document and is the only one: as the last child of BHXH.

A receipt is believed only if a configured signer signed it and it names this dossier; anything else
is `Suspicious`: kept aside, shown, never applied.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Final

from cryptography import x509
from lxml import etree

from webui.bhxh import signature, xml
from webui.bhxh.mst import same
from webui.bhxh.rules import FORM_CODE, FORM_NUMBER

_HANOI: Final = timezone(timedelta(hours=7))
#: Notices mix these [V].
_DATE_FORMATS: Final = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The dossier that is waiting for an answer."""

    transaction: str  # ma_giao_dich of the acknowledgement
    mst: str
    unit_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A believed answer. `code` and `text` are BHXH's own words."""

    accepted: bool
    dossier_number: str | None  # SO_HSO
    code: str | None
    text: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicious:
    """Not believed. `why` is a code of the text table: suspicious_*."""

    why: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRules:
    signers: frozenset[str]  # SHA-256 (hex) of the DER of BHXH's signing certificates
    accepted_codes: Collection[str]
    refused_codes: Collection[str]


def judge(
    document: bytes, *, expected: Expected, rules: ReceiptRules, now: datetime
) -> Receipt | Suspicious:
    """Read and judge; never raises on hostile input."""
    try:
        verified = signature.verify(document, parent=".")
        root = xml.parse(document)
    except xml.XmlRefused as error:
        return Suspicious(why="suspicious_unreadable", detail=str(error))
    except signature.SignatureRefused as error:
        return Suspicious(why="suspicious_signature", detail=str(error))
    if sha256(verified.certificate).hexdigest() not in rules.signers:
        return Suspicious(why="suspicious_signer")
    signer = x509.load_der_x509_certificate(verified.certificate)
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        return Suspicious(why="suspicious_signer_expired")
    bodies = root.findall("XACNHAN_GDICH")
    if root.tag != "BHXH" or len(bodies) != 1:
        return Suspicious(why="suspicious_unreadable", detail="no XACNHAN_GDICH")
    return _read(bodies[0], expected=expected, rules=rules)


def _read(body: etree._Element, *, expected: Expected, rules: ReceiptRules) -> Receipt | Suspicious:
    def field(name: str) -> str:
        return xml.text_at(body, f"TTGDICH/{name}")

    unit_code, form = xml.text_at(body, "TTDVI/MA_DVI"), field("MALOAI_HSO")
    if (
        field("MA_GDICH") != expected.transaction
        or not same(xml.text_at(body, "TTDVI/MST"), expected.mst)
        or unit_code not in {"", expected.unit_code}
        or form not in {FORM_CODE, FORM_NUMBER, FORM_NUMBER.replace("/", "_")}
    ):
        return Suspicious(why="suspicious_other_dossier", detail=field("MA_GDICH")[:100])
    result, error_code = field("MA_KQUA"), field("MA_LOI")
    at = moment(field("NGAY_GDICH")) or moment(xml.text_at(body, "TTDVI/NGAY_THONGBAO"))
    number = field("SO_HSO") or None
    if result in rules.accepted_codes and not error_code:
        text = field("KQUA") or None
        return Receipt(accepted=True, dossier_number=number, code=result, text=text, at=at)
    if result in rules.refused_codes:
        text = field("MOTA_LOI") or field("KQUA") or None
        code = error_code or result
        return Receipt(accepted=False, dossier_number=number, code=code, text=text, at=at)
    # The table of result codes is not public: an unknown one is never guessed at.
    return Suspicious(why="suspicious_result", detail=f"{result} {error_code}".strip()[:100])


def moment(text: str) -> datetime | None:
    """A date or time of a notice, in any of its formats (Hanoi time); None if it is none."""
    for shape in _DATE_FORMATS:
        try:
            return datetime.strptime(text.strip(), shape).replace(tzinfo=_HANOI).astimezone(UTC)
        except ValueError:
            continue
    return None
