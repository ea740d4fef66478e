from datetime import UTC, datetime, timedelta

import pytest

from agent.consent.text import Texts
from agent.consent.windows.samples import HOSTILE_TEXT, certificate
from agent.consent.wording import (
    certificate_words,
    counted,
    digest_words,
    duration_words,
    mst_words,
    number_words,
    roughly,
    size_words,
    warning_words,
)
from protocol.identity import printed_mst

VI, EN = Texts("vi"), Texts("en")
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize("mst", ["0101234567", "0101234567001", "001234567890"])
def test_tax_codes_are_printed_as_the_protocol_prints_them(mst):
    assert mst_words(mst) == printed_mst(mst)


def test_the_last_month_is_counted_in_days():
    soon = certificate(not_before=NOW - timedelta(days=9), not_after=NOW + timedelta(days=12))

    assert "(còn 12 ngày)" in certificate_words(soon, VI, now=NOW).validity


def test_a_certificate_without_tax_code_says_so():
    assert certificate_words(certificate(mst=()), VI).mst == "không có mã số thuế"


def test_why_it_cannot_be_used_is_a_sentence():
    facts = certificate(
        usable=False,
        why_not="mst_mismatch",
        why_not_details={"found": "0101234567-001", "expected": "0101234567"},
    )

    assert certificate_words(facts, EN).why_not == (
        "The tax code in the certificate is 0101234567-001, not 0101234567."
    )


def test_names_in_certificates_are_neutralised():
    words = certificate_words(certificate(holder=HOSTILE_TEXT, issuer="I" * 999), VI)

    assert "\u202e" not in words.holder
    assert len(words.holder) <= 200
    assert len(words.issuer) <= 200


@pytest.mark.parametrize(
    ("size", "vi", "en"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1024, "1,0 KB", "1.0 KB"),
        (18342, "17,9 KB", "17.9 KB"),
        (5 << 20, "5,0 MB", "5.0 MB"),
        (7 << 29, "3,5 GB", "3.5 GB"),
    ],
)
def test_sizes(size, vi, en):
    assert (size_words(size, VI), size_words(size, EN)) == (vi, en)


def test_digests_are_grouped_and_lose_nothing():
    digest = "0123456789abcdef" * 4

    assert digest_words(digest).split() == ["0123456789abcdef"] * 4


@pytest.mark.parametrize(
    ("number", "vi", "en"),
    [(7, "7", "7"), (1000, "1.000", "1,000"), (1234567, "1.234.567", "1,234,567")],
)
def test_numbers_are_grouped(number, vi, en):
    assert (number_words(number, VI), number_words(number, EN)) == (vi, en)


def test_one_thing_is_not_said_as_several():
    assert counted(EN, "batch.title", 1) == "Sign this document?"
    assert counted(EN, "batch.title", 1000) == "Sign these 1,000 documents?"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (3600, "1 hour"),
    ],
)
def test_a_span_of_time_is_said_exactly(seconds, words):
    assert duration_words(seconds, EN) == words


@pytest.mark.parametrize(
    ("seconds", "guess"),
    [(0.1, 5), (7.4, 5), (8, 10), (119, 120), (140, 120), (1000, 1020), (5 * 3600 + 99, 5 * 3600)],
)
def test_a_guess_is_as_exact_as_it_deserves(seconds, guess):
    assert roughly(seconds) == guess


def test_a_warning_is_a_sentence_and_an_unknown_one_is_shown_as_itself():
    assert "đã bị sửa" in warning_words("pdf_changed", VI)
    assert warning_words("no_such_code", VI) == "no_such_code"
