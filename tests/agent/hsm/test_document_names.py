from hypothesis import given
from hypothesis import strategies as st

from agent.hsm.api import ToSign
from agent.hsm.document_names import plain, summary


def _item(name: str) -> ToSign:
    return ToSign(name=name, digest=bytes(32), message=b"")


def test_accents_go_and_what_else_is_no_letter_becomes_a_dash() -> None:
    assert plain("Tờ khai số 05/SĐ (mới).xml", most=72) == "To-khai-so-05-SD-moi-xml"
    assert plain("đơn.pdf", most=72, marks="_-.") == "don.pdf"
    assert plain("文書", most=72) == "document"


@given(st.text(), st.integers(min_value=1, max_value=100))
def test_a_plain_name_is_short_ascii_and_never_empty(name: str, most: int) -> None:
    made = plain(name, most=most)
    assert 0 < len(made) <= most
    assert made.isascii()
    assert made.replace("-", "").replace("_", "").isalnum() or set(made) <= {"-", "_"}


def test_a_summary_names_the_first_and_counts_the_rest() -> None:
    assert summary([_item("Tờ khai.xml")], most=100) == "Tờ khai.xml"
    assert summary([_item("a.xml"), _item("b"), _item("c")], most=100) == "a.xml (+2)"


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_summary_is_one_short_printable_line(names: list[str]) -> None:
    made = summary([_item(name) for name in names], most=100)
    assert len(made) <= 100
    assert made.isprintable()
