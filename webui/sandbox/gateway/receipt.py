"""01/TB-GD, as BHXH would send it: /BHXH/XACNHAN_GDICH of facts A4 [V], signed by BHXH.

Where the real one carries its ds:Signature is not known [U]; here it is the last child of BHXH.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from webui.bhxh.form05 import HANOI
from webui.bhxh.mst import printed_mst
from webui.bhxh.rules import FORM_CODE, FORM_TITLE

#: The table of MA_KQUA is not public [U]; these are the sandbox's.
ACCEPTED: Final = "1"
REFUSED: Final = "0"
#: [S] the words that units know from one I-VAN's history.
_ACCEPTED_WORDS: Final = "Hồ sơ đã được chấp nhận"
_REFUSED_WORDS: Final = "Hồ sơ không được chấp nhận"
_PLACE: Final = "Hà Nội"
_OFFICE: Final = "Cơ quan BHXH {code} (thử nghiệm)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receipt says. `error` is (MA_LOI, MOTA_LOI) of a refusal."""

    transaction: str
    dossier_number: str
    unit_name: str
    unit_code: str
    mst: str  # canonical
    agency_code: str
    arrived: datetime
    decided: datetime
    error: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Signer:
    """BHXH's key and certificate."""

    key: rsa.RSAPrivateKey
    certificate: bytes  # DER


def signed(answer: Answer, signer: Signer) -> bytes:
    """The receipt, UTF-8."""
    # Imported here: it takes a fifth of a second that start-up need not pay.
    from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
    from signxml.signer import XMLSigner

    made = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    ).sign(
        _built(answer, signer),
        key=signer.key,
        cert=[x509.load_der_x509_certificate(signer.certificate)],
    )
    return etree.tostring(made, encoding="UTF-8", xml_declaration=True)


def spoilt(document: bytes) -> bytes:
    """The same receipt with a word changed after signing: one that was tampered with."""
    before, mark, after = document.partition(b"<KQUA>")
    assert mark, "every receipt has a result"
    return before + mark + "Đã sửa: ".encode() + after


def _built(answer: Answer, signer: Signer) -> etree._Element:
    certificate = x509.load_der_x509_certificate(signer.certificate)
    decided = answer.decided.astimezone(HANOI)
    root = etree.Element("BHXH")
    body = etree.SubElement(root, "XACNHAN_GDICH")
    _add(
        body,
        "TTDVI",
        DIADIEM=_PLACE,
        NGAY_THONGBAO=decided.strftime("%Y-%m-%d"),
        TEN_DVI=answer.unit_name,
        TEN_COQUAN=_OFFICE.format(code=answer.agency_code),
        MA_DVI=answer.unit_code,
        MST=printed_mst(answer.mst),
    )
    code, words = answer.error or ("", "")
    _add(
        body,
        "TTGDICH",
        SO_HSO=answer.dossier_number,
        TEN_GDICH=FORM_TITLE,
        MALOAI_HSO=FORM_CODE,
        NGAY_GDICH=answer.arrived.astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S"),
        KY_KKHAI=answer.arrived.astimezone(HANOI).strftime("%m/%Y"),
        MA_GDICH=answer.transaction,
        MA_KQUA=REFUSED if answer.error else ACCEPTED,
        KQUA=_REFUSED_WORDS if answer.error else _ACCEPTED_WORDS,
        MA_LOI=code,
        MOTA_LOI=words,
    )
    stamps = etree.SubElement(body, "TTCKY_BHXH")
    _add(
        stamps,
        "TTCKY",
        SUBJECT=certificate.subject.rfc4514_string(),
        SERIAL=f"{certificate.serial_number:X}",
        TIME=decided.strftime("%d/%m/%Y %H:%M:%S"),
    )
    return root


def _add(parent: etree._Element, name: str, **children: str) -> None:
    element = etree.SubElement(parent, name)
    for child, value in children.items():
        etree.SubElement(element, child).text = value
