import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from webui.bhxh.contact import checked_email, checked_phone, checked_text
from webui.errors import Refused


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0912345678", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("84912345678", "0912345678"),
        ("+84 (0) 912.345.678", "0912345678"),
        ("024-3825-1234", "02438251234"),
        ("+842438251234", "02438251234"),
    ],
)
def test_a_phone_is_kept_as_it_is_dialled_at_home(typed, kept):
    assert checked_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "113", "912345678", "09123456789", "0112345678", "٠٩١٢٣٤٥٦٧٨"]
)
def test_a_number_that_cannot_be_dialled_is_refused(typed):
    with pytest.raises(Refused, match="phone_malformed"):
        checked_phone(typed)


@pytest.mark.parametrize("address", ["a@b.vn", "ke.toan+bhxh@cong-ty.com.vn", "o'neil@example.org"])
def test_ordinary_addresses_pass(address):
    assert checked_email(f" {address} ", address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a@@b.vn",
        "a b@c.vn",
        ".a@b.vn",
        "a@-b.vn",
        "a@b.v",
        "ké@toan.vn",
        "a@b.vn\n",
        f"{'a' * 65}@b.vn",
    ],
)
def test_slips_of_the_hand_are_refused(address):
    if address.strip() != address:
        assert checked_email(address) == address.strip()
        return
    with pytest.raises(Refused, match="email_malformed"):
        checked_email(address)


def test_two_different_addresses_mark_the_second_field():
    with pytest.raises(Refused) as refused:
        checked_email("a@b.vn", "a@b.com.vn")

    assert (refused.value.code, refused.value.field) == ("email_differs", "email_lap_lai")


@given(st.text())
def test_a_text_that_passes_is_one_line_that_xml_can_carry(text):
    try:
        kept = checked_text(text, field="ten_don_vi")
    except Refused:
        return
    element = etree.Element("a")
    element.text = kept

    assert etree.fromstring(etree.tostring(element)).text == kept
    assert kept == unicodedata.normalize("NFC", " ".join(kept.split()))


@pytest.mark.parametrize("text", ["a\u202eb", "a\x00b", "a\u200bb", "a\ue000b"])
def test_invisible_and_direction_characters_are_refused(text):
    with pytest.raises(Refused, match="text_unusable"):
        checked_text(text, field="dia_chi")
