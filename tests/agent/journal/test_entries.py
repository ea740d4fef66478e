"""One line of the journal survives its canonical form, and is bound to all before it."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.journal.entries import GENESIS, Deletion, Entry, canonical, link, parse
from agent.journal.evidence import Exhibit, Kind
from tests.support.journal import entry

hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
times = st.datetimes(timezones=st.just(UTC))
exhibits = st.builds(Exhibit, kind=st.sampled_from(Kind), sha256=hashes)
numbers = st.integers(1, 2**53)
deletions = st.builds(
    Deletion,
    spans=st.lists(st.tuples(numbers, numbers), max_size=3).map(tuple),
    sha256=hashes,
)
entries = st.builds(
    Entry,
    at=times,
    origin=st.text(),
    action=st.sampled_from(("sign", "login", "delete")),
    name=st.text(),
    sha256=hashes,
    size=st.none() | st.integers(0, 2**53),
    profile=st.text(),
    mechanism=st.text(),
    level=st.text(),
    level_problem=st.text(),
    signed_at=st.none() | times,
    stamped_at=st.none() | times,
    certificate=st.none() | st.builds(Exhibit, kind=st.just(Kind.CERTIFICATE), sha256=hashes),
    holder=st.text(),
    serial=st.text(),
    state=st.text(),
    outcome=st.text(),
    evidence=st.lists(exhibits, max_size=3).map(tuple),
    deletion=st.none() | deletions,
)


@settings(max_examples=60)
@given(numbers, entries)
def test_what_is_written_is_what_is_read(number: int, one: Entry) -> None:
    try:
        text = canonical(number, one)
    except UnicodeEncodeError:
        return  # a lone surrogate never comes out of JSON in UTF-8

    assert parse(text) == (number, one)


@settings(max_examples=40)
@given(entries, entries)
def test_different_entries_have_different_bytes(one: Entry, other: Entry) -> None:
    if one != other:
        assert canonical_or_none(one) != canonical_or_none(other) or canonical_or_none(one) is None


def canonical_or_none(entry: Entry) -> bytes | None:
    try:
        return canonical(1, entry)
    except UnicodeEncodeError:
        return None


def test_the_canonical_form_has_sorted_keys_no_space_utc_and_only_what_there_is() -> None:
    one = Entry(
        at=datetime(2026, 11, 1, 7, tzinfo=timezone(timedelta(hours=7))),
        origin="https://a.vn",
        action="sign",
        name="Điều chỉnh",
        sha256="0" * 64,
        holder="A",
        outcome="signed",
    )

    assert canonical(1, one).decode() == (
        '{"action":"sign","at":"2026-11-01T00:00:00Z","holder":"A","name":"Điều chỉnh","number":1,'
        f'"origin":"https://a.vn","outcome":"signed","sha256":"{"0" * 64}","version":2}}'
    )


@pytest.mark.parametrize(
    "change",
    [
        {"number": 0},
        {"number": "1"},
        {"version": 3},
        {"version": None},
        {"at": "yesterday"},
        {"name": 5},
        {"certificate": "../../etc/passwd"},
        {"evidence": [["crl", "AB" * 32]]},
        {"evidence": [["spell", "ab" * 32]]},
        {"deletion": {"spans": [[1]], "sha256": "ab" * 32}},
    ],
)
def test_what_is_no_entry_is_not_read_as_one(change: dict[str, object]) -> None:
    fields = json.loads(canonical(1, entry()))

    with pytest.raises(ValueError):
        parse(json.dumps(fields | change).encode())


@given(st.binary())
def test_of_any_bytes_only_the_documented_error_comes(text: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse(text)


def test_a_link_depends_on_what_is_before_it() -> None:
    first = link(GENESIS, b"one")

    assert first != link(bytes([1]) + GENESIS[1:], b"one")
    assert link(first, b"two") != link(GENESIS, b"two")
