from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.bhxh.mst import canonical_mst, check_digit, checked, printed_mst, same
from webui.errors import Refused


@st.composite
def issued(draw: st.DrawFn) -> str:
    """Ten digits as the tax office issues them, by an independent formula."""
    province = draw(st.integers(1, 99))
    serial = draw(st.integers(1, 9_999_999))
    nine = f"{province:02d}{serial:07d}"
    weights = [31, 29, 23, 19, 17, 13, 7, 5, 3]
    rest = sum(int(d) * w for d, w in zip(nine, weights, strict=True)) % 11
    if rest == 0:
        return draw(issued())
    return f"{nine}{10 - rest}"


@pytest.mark.parametrize("mst", ["0101300842", "0100233488", "0100047516", "0314409058-002"])
def test_real_numbers_pass(mst):
    assert checked(mst) == mst.replace("-", "")


@given(issued(), st.integers(1, 999))
def test_every_number_that_can_be_issued_passes_and_prints_back(ten, branch):
    assert checked(ten) == ten
    assert checked(f"{ten}-{branch:03d}") == f"{ten}{branch:03d}"
    assert printed_mst(checked(f"{ten}{branch:03d}")) == f"{ten}-{branch:03d}"


@given(issued(), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(ten, place, shift):
    wrong = ten[:place] + str((int(ten[place]) + shift) % 10) + ten[place + 1 :]

    # All weights and their differences are prime to 11, so no single slip passes, except that a
    # changed remainder of ten would need the check digit 0, which is 10 − 10.
    with pytest.raises(Refused) as refused:
        checked(wrong)
    assert refused.value.code == "mst_check_digit"


@given(st.text(max_size=20))
def test_any_text_is_either_refused_or_canonical(text):
    with suppress(Refused):
        canonical = checked(text)

        assert canonical_mst(canonical) == canonical
        assert len(canonical) in {10, 12, 13}


@pytest.mark.parametrize(
    "text", ["", "abc", "010130084", "01013008421", "0101300842-01", "0101-300842"]
)
def test_what_is_not_shaped_like_one_is_malformed(text):
    with pytest.raises(Refused) as refused:
        checked(text)
    assert refused.value.code == "mst_malformed"
    assert refused.value.field == "mst"


@pytest.mark.parametrize("text", ["0101300842-000", "0001300842", "0100000000"])
def test_what_is_never_issued_is_refused(text):
    with pytest.raises(Refused):
        checked(text)


def test_a_twelve_digit_number_has_no_check_digit():
    assert checked("001099000001") == "001099000001"


def test_a_prefix_whose_sum_is_divisible_has_no_check_digit():
    # 31·1 + 29·1 + 23·1 + 5·1 = 88 = 8 · 11
    assert check_digit("111000010") is None


def test_a_parent_is_not_its_branch():
    assert not same("0101300842", "0101300842-001")
    assert same("0101300842-001", "0101300842001")
    assert not same("", "")
