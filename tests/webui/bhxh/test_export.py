from datetime import UTC, datetime

from webui.bhxh.export import file_name, receipt_file_name


def test_names_are_plain_and_carry_the_day_in_vietnam():
    at = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)

    assert (
        file_name(mst="0101300842001", signed_at=at, dossier="0123456789abcdef")
        == "05_SD-IVAN_0101300842-001_20261123-0105_01234567.xml"
    )
    assert (
        receipt_file_name(mst="0101300842", received_at=at, receipt=7)
        == "01_TB-GD_0101300842_20261123-0105_7.xml"
    )
