"""Form 05/SĐ-IVAN ("Điều chỉnh IVAN"): the change of a unit's registered e-transaction data.

No public source shows this form's schema [U]. What is built here is the layout that sources
support: the `Hoso/NoiDung` + `CKy_Dvi` frame of all dossiers in use 2022-2026 [V] (facts B1, B2),
with the fields that form 04/ĐK-IVAN registers [V] (facts A2), once as registered and once as asked.

| element under Hoso/NoiDung | source | certainty |
|---|---|---|
| ThongTinIVAN/MaIVAN, TenIVAN | dossier frame; five digits | [V] |
| ThongTinDonVi/TenDoiTuong, MaSoBHXH, LoaiDoiTuong | dossier frame, in this order | [V]; here [I] |
| — MaSoThue, NguoiKy, DienThoai, CoQuanQuanLy | dossier frame, in this order | [V]; here [I] |
| — MaSoThue with the hyphen of a branch | as certificates print it | [I] |
| ThongTinHoSo/TenThuTuc, MaThuTuc | dossier frame; the code 05_SD-IVAN | [V]; title [S] |
| ThongTinHoSo/NgayLap dd/MM/yyyy | dossier frame | [V] |
| ThongTinThayDoi (the element) | — | [U] ours |
| — LyDo | one I-VAN's reason list | [I] |
| — ChungThuSoCu, ChungThuSoMoi | "old beside new" of the screens (facts C1) | [U] ours |
| — — Serial, Subject, Begin, End | form 04's TTCKY/SERIAL, SUBJECT … | [V] there; case [I] |
| — — Issuer | form 04 labels its SUBJECT as the issuer: both are given | [I] |
| — NguoiLienHe, DienThoaiLienHe, Email | first registration (HSDKLanDau) | [V] there, [I] here |
| — DiaChiLienHe | first registration (HSDKLanDau) | [V] there, [I] here |
| CKy_Dvi: empty, receives the unit's ds:Signature | facts B2, B3 | [V] |

The bytes are UTF-8 on a single line and are never re-indented. `form05.xsd` beside this file is the
machine form; what is built is validated against it before anybody is asked to sign.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from typing import Final

from lxml import etree

from webui.bhxh import xml
from webui.bhxh.mst import canonical_mst, printed_mst
from webui.bhxh.rules import (
    FORM_CODE,
    FORM_TITLE,
    REASON_CERTIFICATE_CHANGED,
    SUBJECT_KIND,
)

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
#: The form's dates are Vietnam's.
HANOI: Final = timezone(timedelta(hours=7))
_DATE: Final = "%d/%m/%Y"
#: Facts B2 [V]: under the root, there before signing, and empty.
SIGNATURE_CONTAINER: Final = "CKy_Dvi"


class FormError(Exception):
    """The document is not a form 05; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCertificate:
    """A certificate as the form names it: serial in upper-case hex, leading zeros kept."""

    serial: str
    subject: str
    issuer: str
    begin: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Form05:
    ivan_code: str
    ivan_name: str
    unit_name: str
    unit_code: str
    mst: str  # canonical
    agency_code: str
    signer: str
    phone: str
    made_on: date
    old: FormCertificate | None  # None: none is known to be registered
    new: FormCertificate
    contact_name: str
    contact_phone: str
    contact_email: str
    contact_address: str


def build(form: Form05) -> bytes:
    """The document to sign. Raises FormError if a value does not fit the schema."""
    root = etree.Element("Hoso", nsmap={"xsi": _XSI, "xsd": _XSD})
    content = etree.SubElement(root, "NoiDung")
    _add(content, "ThongTinIVAN", MaIVAN=form.ivan_code, TenIVAN=form.ivan_name)
    _add(
        content,
        "ThongTinDonVi",
        TenDoiTuong=form.unit_name,
        MaSoBHXH=form.unit_code,
        LoaiDoiTuong=str(SUBJECT_KIND),
        MaSoThue=printed_mst(form.mst),
        NguoiKy=form.signer,
        DienThoai=form.phone,
        CoQuanQuanLy=form.agency_code,
    )
    _add(
        content,
        "ThongTinHoSo",
        TenThuTuc=FORM_TITLE,
        MaThuTuc=FORM_CODE,
        NgayLap=form.made_on.strftime(_DATE),
    )
    change = _add(content, "ThongTinThayDoi", LyDo=REASON_CERTIFICATE_CHANGED)
    if form.old is not None:
        _add_certificate(change, "ChungThuSoCu", form.old)
    _add_certificate(change, "ChungThuSoMoi", form.new)
    for name, value in (
        ("NguoiLienHe", form.contact_name),
        ("DienThoaiLienHe", form.contact_phone),
        ("Email", form.contact_email),
        ("DiaChiLienHe", form.contact_address),
    ):
        _text(change, name, value)
    # Written as a start and an end tag, so that a signature cut out leaves these very bytes.
    etree.SubElement(root, SIGNATURE_CONTAINER).text = ""
    _validate(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read(document: bytes) -> Form05:
    """The form in a document, signed or not. Raises FormError, xml.XmlRefused."""
    root = xml.parse(document)
    _validate(root)

    def text(path: str) -> str:
        return xml.text_at(root, f"NoiDung/{path}")

    change = root.find("NoiDung/ThongTinThayDoi")
    assert change is not None, "the schema demands it"
    old, new = change.find("ChungThuSoCu"), change.find("ChungThuSoMoi")
    assert new is not None, "the schema demands it"
    return Form05(
        ivan_code=text("ThongTinIVAN/MaIVAN"),
        ivan_name=text("ThongTinIVAN/TenIVAN"),
        unit_name=text("ThongTinDonVi/TenDoiTuong"),
        unit_code=text("ThongTinDonVi/MaSoBHXH"),
        mst=_mst(text("ThongTinDonVi/MaSoThue")),
        agency_code=text("ThongTinDonVi/CoQuanQuanLy"),
        signer=text("ThongTinDonVi/NguoiKy"),
        phone=text("ThongTinDonVi/DienThoai"),
        made_on=_date(text("ThongTinHoSo/NgayLap")),
        old=None if old is None else _read_certificate(old),
        new=_read_certificate(new),
        contact_name=text("ThongTinThayDoi/NguoiLienHe"),
        contact_phone=text("ThongTinThayDoi/DienThoaiLienHe"),
        contact_email=text("ThongTinThayDoi/Email"),
        contact_address=text("ThongTinThayDoi/DiaChiLienHe"),
    )


@cache
def _schema() -> etree.XMLSchema:
    source = resources.files("webui.bhxh").joinpath("form05.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(source))


def _validate(root: etree._Element) -> None:
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        raise FormError(f"{first.path}: {first.message}")


def _add(parent: etree._Element, name: str, **children: str) -> etree._Element:
    element = etree.SubElement(parent, name)
    for child, value in children.items():
        _text(element, child, value)
    return element


def _text(parent: etree._Element, name: str, value: str) -> None:
    try:
        etree.SubElement(parent, name).text = value
    except ValueError as error:  # a character that XML cannot carry
        raise FormError(f"{name}: {error}") from error


def _add_certificate(parent: etree._Element, name: str, certificate: FormCertificate) -> None:
    _add(
        parent,
        name,
        Serial=certificate.serial,
        Subject=certificate.subject,
        Issuer=certificate.issuer,
        Begin=certificate.begin.strftime(_DATE),
        End=certificate.end.strftime(_DATE),
    )


def _read_certificate(element: etree._Element) -> FormCertificate:
    return FormCertificate(
        serial=xml.text_at(element, "Serial"),
        subject=xml.text_at(element, "Subject"),
        issuer=xml.text_at(element, "Issuer"),
        begin=_date(xml.text_at(element, "Begin")),
        end=_date(xml.text_at(element, "End")),
    )


def _mst(text: str) -> str:
    canonical = canonical_mst(text)
    assert canonical is not None, "the schema demands it"
    return canonical


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=HANOI).date()
    except ValueError as error:
        raise FormError(f"not a date: {text}") from error
