import pytest

from webui.bhxh.unit_code import checked_agency_code, checked_unit_code, is_usual
from webui.errors import Refused


def test_a_code_is_upper_case_without_blanks():
    assert checked_unit_code(" ts 12345 ") == "TS12345"


@pytest.mark.parametrize("text", ["", "TS1", "TS-12345", "ĐV12345", "A" * 11, "١٢٣٤٥"])
def test_other_shapes_are_refused(text):
    with pytest.raises(Refused, match="unit_code_malformed"):
        checked_unit_code(text)


def test_an_unusual_length_is_no_refusal():
    assert is_usual(checked_unit_code("YN0123Z"))
    assert not is_usual(checked_unit_code("AB123"))


def test_an_agency_has_five_ascii_digits():
    assert checked_agency_code(" 07906 ") == "07906"
    for text in ("7906", "079066", "0790A", "٠٧٩٠٦"):
        with pytest.raises(Refused, match="agency_code_malformed"):
            checked_agency_code(text)
