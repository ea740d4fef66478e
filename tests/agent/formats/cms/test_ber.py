"""Reading by position: what asn1crypto reads, and nothing that has two readings."""

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from agent.formats.cms import ber, der
from agent.formats.cms.ber import Malformed


def tag_and_parts(octets: bytes) -> tuple[int, list[bytes]]:
    found = ber.read(octets)
    return found.tag, [bytes(child.whole) for child in found.children()]


class TestRead:
    def test_children_in_their_order(self) -> None:
        parts = [der.integer(5), der.octet_string(b"x" * 300), der.NULL]

        assert tag_and_parts(der.sequence(*parts)) == (der.SEQUENCE, parts)

    def test_open_lengths_within_open_lengths(self) -> None:
        inner = b"\x24\x80" + der.octet_string(b"ab") + b"\0\0"
        octets = b"\x30\x80" + inner + der.NULL + b"\0\0"

        assert tag_and_parts(octets) == (der.SEQUENCE, [inner, der.NULL])
        assert ber.octets(ber.read(inner)) == b"ab"

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\x30",
            b"\x30\x01",
            b"\x30\x02\x05",
            b"\x05\x00\x00",  # something behind the end
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x86\0\0\0\0\0\0",  # a length of six octets
            b"\x30\xff",
            b"\x3f\x81\x01\x00",  # a long tag
            b"\x00\x00",
            b"\x04\x80\x00\x00",  # an open length of what has no parts
            b"\x30\x80",
            b"\x30\x80\x05\x00",
            b"\x30\x80\x05\x00\x00",
        ],
    )
    def test_malformed(self, octets: bytes) -> None:
        with pytest.raises(Malformed):
            ber.read(octets)

    def test_a_child_that_ends_outside_its_parent(self) -> None:
        with pytest.raises(Malformed):
            ber.read(b"\x30\x02\x04\x05").children()

    def test_what_has_no_parts(self) -> None:
        with pytest.raises(Malformed):
            ber.read(der.NULL).children()

    def test_too_deep(self) -> None:
        with pytest.raises(Malformed):
            ber.read(b"\x30\x80" * 5000 + b"\0\0" * 5000)

    def test_too_many(self) -> None:
        within = b"\x05\x00" * (ber.MAX_ELEMENTS + 1)

        with pytest.raises(Malformed):
            ber.read(der.sequence(within)).children()
        with pytest.raises(Malformed):
            ber.read(b"\x30\x80" + within + b"\0\0")

    @given(st.binary(max_size=60))
    def test_arbitrary_octets_are_read_or_malformed(self, octets: bytes) -> None:
        def walk(element: ber.Element) -> None:
            element.all_der()
            for child in element.children():
                if child.tag & 0x20:
                    walk(child)

        try:
            found = ber.read(octets)
            assert bytes(found.whole) == octets
            walk(found)
        except Malformed:
            pass


class TestAllDer:
    def test_of_der(self) -> None:
        assert ber.read(der.sequence(der.set_of(der.octet_string(b"x" * 200)))).all_der()

    @pytest.mark.parametrize(
        "octets",
        [
            b"\x30\x80\x05\x00\x00\x00",  # open
            b"\x30\x81\x02\x05\x00",  # longer than needed
            b"\x30\x82\x00\x81" + b"\x04\x7f" + bytes(127),
            der.sequence(b"\x04\x81\x01a"),
            der.sequence(b"\x24\x03\x04\x01a"),  # a string in pieces
        ],
    )
    def test_not_of_other_forms(self, octets: bytes) -> None:
        assert not ber.read(octets).all_der()

    def test_too_deep(self) -> None:
        octets = b""
        for _ in range(ber.MAX_DEPTH + 2):
            octets = der.sequence(octets)

        with pytest.raises(Malformed):
            ber.read(octets).all_der()


class TestValues:
    @given(st.integers(-(2**70), 2**70))
    def test_integers(self, value: int) -> None:
        assert ber.integer(ber.read(core.Integer(value).dump())) == value

    @pytest.mark.parametrize("octets", [b"\x02\x00", b"\x02\x02\x00\x01", b"\x02\x02\xff\xff"])
    def test_integers_have_one_form(self, octets: bytes) -> None:
        with pytest.raises(Malformed):
            ber.integer(ber.read(octets))

    @pytest.mark.parametrize("dotted", ["0.0", "1.2.840.113549.1.7.2", "2.999.1", "2.16.840.1"])
    def test_object_identifiers(self, dotted: str) -> None:
        assert ber.dotted(ber.read(der.oid(dotted))) == dotted

    @pytest.mark.parametrize("octets", [b"\x06\x00", b"\x06\x01\x81", b"\x02\x01\x01"])
    def test_no_object_identifier(self, octets: bytes) -> None:
        with pytest.raises(Malformed):
            ber.dotted(ber.read(octets))

    @pytest.mark.parametrize(
        "octets", [b"\x05\x00", b"\x24\x02\x05\x00", b"\x24\x05\x24\x03\x04\x01a"]
    )
    def test_no_octet_string(self, octets: bytes) -> None:
        with pytest.raises(Malformed):
            ber.octets(ber.read(octets))
