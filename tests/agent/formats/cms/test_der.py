"""What is written is what asn1crypto writes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from agent.formats.cms import der


@given(st.integers(-(2**80), 2**80))
def test_integers(value: int) -> None:
    assert der.integer(value) == core.Integer(value).dump()


@given(st.lists(st.integers(0, 2**40), max_size=8), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers(arcs: list[int], first: int, second: int) -> None:
    dotted = ".".join(map(str, (first, second, *arcs)))

    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**24])
def test_lengths(size: int) -> None:
    octets = bytes(size)

    assert der.octet_string(octets) == core.OctetString(octets).dump()


def test_a_set_is_in_order() -> None:
    assert der.set_of(b"\x04\x01b", b"\x04\x01a", b"\x02\x01\x05") == bytes.fromhex(
        "3109 020105 040161 040162"
    )


def test_tags_and_parts() -> None:
    assert der.tagged(1, der.sequence(der.NULL), b"") == bytes.fromhex("a104 3002 0500")


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 11, 23, 1, 2, 3, 999, UTC), b"\x17\x0d261123010203Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (
            datetime(2050, 1, 1, 6, tzinfo=timezone(timedelta(hours=7))),
            b"\x17\x0d491231230000Z",
        ),
    ],
)
def test_times_are_utc_in_the_form_of_their_century(moment: datetime, written: bytes) -> None:
    assert der.time(moment) == written
