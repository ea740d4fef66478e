"""One line of the journal survives its canonical form, and is bound to all before it."""

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from agent.journal.entries import GENESIS, Entry, canonical, link, parse

entries = st.builds(
    Entry,
    at=st.datetimes(timezones=st.just(UTC)),
    origin=st.text(),
    action=st.sampled_from(("sign", "login")),
    name=st.text(),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    certificate=st.binary(),
    holder=st.text(),
    serial=st.text(),
    outcome=st.text(),
    evidence=st.lists(st.binary(), max_size=3).map(tuple),
    evidence_hashes=st.lists(st.text(), max_size=2).map(tuple),
)


@given(st.integers(1, 2**53), entries)
def test_what_is_written_is_what_is_read(number: int, entry: Entry) -> None:
    try:
        text = canonical(number, entry)
    except UnicodeEncodeError:
        return  # a lone surrogate never comes out of JSON in UTF-8

    assert parse(text) == (number, entry)


@given(entries, entries)
def test_different_entries_have_different_bytes(one: Entry, other: Entry) -> None:
    if one != other:
        assert canonical_or_none(one) != canonical_or_none(other) or canonical_or_none(one) is None


def canonical_or_none(entry: Entry) -> bytes | None:
    try:
        return canonical(1, entry)
    except UnicodeEncodeError:
        return None


def test_the_canonical_form_has_sorted_keys_no_space_and_utc() -> None:
    entry = Entry(
        at=datetime(2026, 11, 1, 7, tzinfo=timezone(timedelta(hours=7))),
        origin="https://a.vn",
        action="sign",
        name="Điều chỉnh",
        sha256="0" * 64,
        certificate=b"\x30",
        holder="A",
        serial="01",
        outcome="signed",
    )

    text = canonical(1, entry).decode()

    fields = json.loads(text)
    assert list(fields) == sorted(fields)
    assert text == json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    assert fields["at"] == "2026-11-01T00:00:00+00:00"
    assert "Điều chỉnh" in text


def test_a_link_depends_on_what_is_before_it() -> None:
    first = link(GENESIS, b"one")

    assert first != link(bytes([1]) + GENESIS[1:], b"one")
    assert link(first, b"two") != link(GENESIS, b"two")
