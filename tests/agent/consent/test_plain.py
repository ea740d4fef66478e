import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.consent.plain import ELLIPSIS, MARK, lines, one_line


class TestOneLine:
    def test_vietnamese_stays_as_it_is(self):
        text = "CÔNG TY TNHH Nguyễn Thị Hồng Hạnh – Đường Lê Lợi"

        assert one_line(text, limit=200) == text

    def test_decomposed_vietnamese_is_composed(self):
        assert one_line(unicodedata.normalize("NFD", "Hồ sơ"), limit=20) == "Hồ sơ"

    def test_direction_overrides_become_a_mark(self):
        assert one_line("hoadon\u202elmx.exe", limit=50) == f"hoadon{MARK}lmx.exe"

    @pytest.mark.parametrize(
        "hidden", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164", "\U000e0041", "\x00", "\x1b"]
    )
    def test_what_draws_nothing_becomes_a_mark(self, hidden):
        assert one_line(f"a{hidden * 9}b", limit=50) == f"a{MARK}b"

    def test_line_breaks_become_spaces(self):
        assert one_line("a\r\nb\u2028c\u2029d\te", limit=50) == "a b c d e"

    def test_a_tower_of_marks_is_levelled(self):
        tower = "Z" + "\u0334" * 50

        assert len(one_line(tower, limit=100)) <= 6

    def test_length_is_bounded_visibly(self):
        assert one_line("W" * 500, limit=10) == "W" * 9 + ELLIPSIS


class TestLines:
    def test_line_breaks_and_tabs_stay(self):
        assert lines("a\r\n\tb\rc", limit=50) == "a\n\tb\nc"


@given(st.text(max_size=300), st.integers(1, 100))
def test_nothing_invisible_gets_through(text, limit):
    shown = one_line(text, limit=limit)

    assert len(shown) <= limit
    assert "\n" not in shown
    assert not [c for c in shown if unicodedata.category(c)[0] == "C"]


@given(st.text(max_size=300))
def test_neutralising_twice_changes_nothing(text):
    once = one_line(text, limit=1000)

    assert one_line(once, limit=1000) == once
