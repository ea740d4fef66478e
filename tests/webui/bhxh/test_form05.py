from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from webui.bhxh import form05, xml
from webui.bhxh.contact import checked_text
from webui.bhxh.form05 import Form05, FormCertificate, FormError
from webui.errors import Refused

OLD = FormCertificate(
    serial="0054",
    subject="CN=CÔNG TY MẪU, UID=MST:0101300842",
    issuer="CA Cũ",
    begin=date(2023, 1, 2),
    end=date(2026, 1, 1),
)
NEW = FormCertificate(
    serial="54A0F0",
    subject="CN=CÔNG TY MẪU",
    issuer="CA Mới",
    begin=date(2026, 1, 1),
    end=date(2029, 1, 1),
)


def form(**changes) -> Form05:
    return Form05(
        **{
            "ivan_code": "00100",
            "ivan_name": "CÔNG TY CỔ PHẦN CYBERLOTUS",
            "unit_name": "CÔNG TY MẪU & <CON>",
            "unit_code": "TS12345",
            "mst": "0101300842001",
            "agency_code": "07906",
            "signer": "Trần Thị Mẫu",
            "phone": "0912345678",
            "made_on": date(2026, 11, 23),
            "old": OLD,
            "new": NEW,
            "contact_name": "Trần Thị Mẫu",
            "contact_phone": "02438251234",
            "contact_email": "a@b.vn",
            "contact_address": "Số 1 phố Mẫu",
            **changes,
        }
    )


@pytest.mark.parametrize("old", [OLD, None])
def test_what_is_built_reads_back_the_same(old):
    assert form05.read(form05.build(form(old=old))) == form(old=old)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_that_the_checks_let_through_survives(name, address):
    try:
        name = checked_text(name, field="n")
        address = checked_text(address, field="a")
    except Refused:
        return
    asked = form(unit_name=name, contact_address=address)

    assert form05.read(form05.build(asked)) == asked


def test_the_bytes_are_utf8_on_a_single_line_after_the_declaration():
    declaration, _, body = form05.build(form()).partition(b"\n")

    assert declaration == b"<?xml version='1.0' encoding='UTF-8'?>"
    assert b"\n" not in body
    assert "TRẦN".title().encode() in body or "Trần Thị Mẫu".encode() in body


def test_the_frame_is_that_of_all_dossiers():
    """Facts B1, B2: Hoso > NoiDung, then an empty CKy_Dvi; xsi and xsd declared on the root."""
    root = etree.fromstring(form05.build(form()))

    assert root.tag == "Hoso"
    assert [child.tag for child in root] == ["NoiDung", "CKy_Dvi"]
    assert len(root[1]) == 0
    assert not root[1].text
    assert set(root.nsmap) == {"xsi", "xsd"}
    assert [child.tag for child in root[0]][:3] == ["ThongTinIVAN", "ThongTinDonVi", "ThongTinHoSo"]
    assert xml.text_at(root, "NoiDung/ThongTinDonVi/MaSoThue") == "0101300842-001"
    assert xml.text_at(root, "NoiDung/ThongTinHoSo/NgayLap") == "23/11/2026"


@pytest.mark.parametrize(
    "changes",
    [
        {"ivan_code": "100"},
        {"unit_code": "ts12345"},
        {"agency_code": ""},
        {"phone": "12"},
        {"contact_email": "nobody"},
        {"unit_name": ""},
        {"unit_name": "a\x00b"},
        {"unit_name": "hai\ndòng"},
        {
            "new": FormCertificate(
                serial="0x54", subject="a", issuer="b", begin=date(2026, 1, 1), end=date(2026, 1, 1)
            )
        },
    ],
)
def test_a_value_that_does_not_fit_is_refused_before_anybody_signs(changes):
    with pytest.raises(FormError):
        form05.build(form(**changes))


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"</NoiDung>", b"<Them/></NoiDung>"),
        (b"<CKy_Dvi></CKy_Dvi>", b""),
        (b"<CKy_Dvi></CKy_Dvi>", b"<CKy_Dvi></CKy_Dvi><CKy_Dvi></CKy_Dvi>"),
        (b"05_SD-IVAN", b"04_DK-IVAN"),
        (b"23/11/2026", b"2026-11-23"),
        (b"23/11/2026", b"31/02/2026"),
    ],
)
def test_another_shape_is_not_a_form_05(found, put):
    document = form05.build(form())
    assert found in document

    with pytest.raises(FormError):
        form05.read(document.replace(found, put))
