from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pki import ec_key, rsa_key
from tests.webui.world import MST, authority, unit_holder
from webui.bhxh.certificate import read
from webui.errors import Refused


def test_the_facts_are_read_from_the_der():
    holder = unit_holder()
    facts = read(holder.der)

    assert facts.id == holder.id
    assert facts.mst == (MST,)
    assert facts.holder == "CÔNG TY CỔ PHẦN MẪU"
    assert facts.issuer == "Test Public CA"
    assert int(facts.serial, 16) == holder.certificate.serial_number
    assert facts.not_after == holder.certificate.not_valid_after_utc
    assert facts.subject.startswith("C=VN, ST=Hà Nội")
    assert f"UID=MST:{MST}" in facts.subject


@pytest.mark.parametrize(
    ("number", "written"), [(0x54, "54"), (0x0540, "0540"), (0x80, "80"), (0x540054, "540054")]
)
def test_a_serial_keeps_its_leading_zeros_and_loses_the_sign_byte(number, written):
    assert read(authority().issue(serial=number).der).serial == written


def test_several_msts_are_all_known():
    holder = authority().issue("HAI", mst=MST, uids=("CCCD:001099000001", "MST:0100233488"))

    assert read(holder.der).mst == (MST, "0100233488")


def test_control_characters_in_a_name_are_not_passed_on():
    assert read(authority().issue("A\x07B\nC\u202eD").der).holder == "A B C D"


@pytest.mark.parametrize(
    "holder",
    [
        lambda: authority().issue("EC", key=ec_key("x")),
        lambda: authority().issue("NGẮN", key=rsa_key("short", 1024)),
        lambda: authority().issue("MÃ HÓA", usage=("key_encipherment",)),
    ],
)
def test_a_key_that_cannot_sign_the_form_is_refused(holder):
    with pytest.raises(Refused, match="certificate_key_unsuitable"):
        read(holder().der)


def test_no_key_usage_at_all_is_no_restriction():
    assert read(authority().issue("KHÔNG GHI", usage=None).der)


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 255))
def test_any_bytes_are_refused_or_read(junk, place, byte):
    der = bytearray(unit_holder().der)
    der[place % len(der)] = byte
    for data in (junk, bytes(der)):
        with suppress(Refused):
            assert read(data).der == data


def test_trailing_bytes_are_refused():
    with pytest.raises(Refused, match="certificate_unreadable"):
        read(unit_holder().der + b"\x00")
