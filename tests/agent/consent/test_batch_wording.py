import pytest

from agent.consent.batch_wording import (
    chosen_words,
    findable,
    name_words,
    subject_words,
    title_words,
    type_words,
    warned_words,
)
from agent.consent.text import Texts
from agent.consent.windows import samples

VI, EN = Texts("vi"), Texts("en")


@pytest.mark.parametrize(
    ("profile", "kind", "words"),
    [
        ("bhxh-hoso", "xml", "Hồ sơ BHXH"),
        ("einvoice", "xml", "Hóa đơn điện tử"),
        ("pades", "pdf", "PDF"),
        ("cades-detached", "pdf", "PDF"),
        ("xml", "xml", "XML"),
        ("cades-attached", "other", "Tệp khác"),
        ("made-up", "made-up", "Tệp khác"),
    ],
)
def test_the_type_is_said_by_the_profile_where_that_says_more(profile, kind, words):
    assert type_words(samples.batch_item(0, profile=profile, kind=kind), VI) == words


def test_names_are_neutralised():
    name = name_words(samples.batch_item(0, name=samples.HOSTILE_TEXT))

    assert "\u202e" not in name
    assert "\n" not in name
    assert len(name) <= 200


def test_warnings_are_said_in_a_few_words():
    item = samples.batch_item(0, warnings=("pdf_changed", "no_such_code"))

    assert warned_words(item, VI) == "Đã sửa sau khi ký, no_such_code"
    assert warned_words(samples.batch_item(0), VI) == ""


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (1000, "Ký cả 1.000 tài liệu, 195,0 MB"),
        (998, "Ký 998 trong 1.000 tài liệu, 195,0 MB"),
        (0, "Chưa chọn tài liệu nào để ký."),
    ],
)
def test_the_choice_is_said_with_count_and_size(chosen, words):
    assert chosen_words(1000, chosen, 195 << 20, VI) == words


def test_the_rest_of_a_batch_is_called_so():
    assert title_words(samples.batch(588, again=True), VI) == "Ký tiếp 588 tài liệu còn lại?"
    assert title_words(samples.batch(1, again=True), EN) == "Sign the document that is left?"


def test_what_is_signed_is_its_name_or_how_many_there_are():
    assert subject_words(samples.SIGN, VI) == samples.SIGN.name
    assert subject_words(samples.batch(5), VI, excluded=2) == "3 tài liệu"
    assert subject_words(samples.DIGESTS, EN) == "500 signatures of unseen content"


@pytest.mark.parametrize(
    ("typed", "name"),
    [("hoa don", "Hóa đơn 12.xml"), ("ĐỒNG", "Hợp đồng"), ("ho\u0301a", "HÓA"), ("duong", "Đường")],
)
def test_a_search_needs_neither_marks_nor_capitals(typed, name):
    assert findable(typed) in findable(name)
