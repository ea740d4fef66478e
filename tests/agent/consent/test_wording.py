from datetime import UTC, datetime, timedelta

import pytest

from agent.consent.text import Texts
from agent.consent.windows.samples import HOSTILE_TEXT, certificate
from agent.consent.wording import certificate_words, digest_words, mst_words, size_words
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
    [(999, "999 B", "999 B"), (18342, "17,9 KB", "17.9 KB"), (5 << 20, "5,0 MB", "5.0 MB")],
)
def test_sizes(size, vi, en):
    assert (size_words(size, VI), size_words(size, EN)) == (vi, en)


def test_digests_are_grouped_and_lose_nothing():
    digest = "0123456789abcdef" * 4

    assert digest_words(digest).split() == ["0123456789abcdef"] * 4
