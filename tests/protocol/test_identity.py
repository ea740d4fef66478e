"""MSTs as they are written, and as certificates hold them."""

import pytest

from protocol.identity import canonical_mst, printed_mst


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0100109106", "0100109106"),
        (" 0100109106 ", "0100109106"),
        ("0100109106-001", "0100109106001"),
        ("0100109106 - 001", "0100109106001"),
        ("0100109106001", "0100109106001"),
        ("012345678901", "012345678901"),
    ],
)
def test_an_mst_becomes_digits_alone(written: str, canonical: str):
    assert canonical_mst(written) == canonical


@pytest.mark.parametrize(
    "written",
    ["", "010010910", "01001091060", "0100109106-01", "MST:0100109106", "٠" * 10, "０" * 10],
)
def test_what_is_not_shaped_like_one_is_none(written: str):
    assert canonical_mst(written) is None


def test_a_parent_and_its_branch_stay_different():
    assert canonical_mst("0100109106") != canonical_mst("0100109106-001")


@pytest.mark.parametrize(
    ("canonical", "printed"),
    [("0100109106", "0100109106"), ("0100109106001", "0100109106-001"), ("0" * 12, "0" * 12)],
)
def test_it_is_printed_as_people_write_it(canonical: str, printed: str):
    assert printed_mst(canonical) == printed
    assert canonical_mst(printed) == canonical
