"""What a PDF's signatures are worth, and the attacks on them that must not go unnoticed."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import DocumentError
from agent.formats.pdf.verify import Change, signatures
from tests.agent.formats.pdf.test_sign import signed
from tests.support import pdf
from tests.support.pki import Authority

HOLDER = Authority.root().issue()
SIGNED = signed(pdf.file(), HOLDER)


def only(document):
    (found,) = signatures(document)
    return found


def byte_range(document):
    return list(map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", document)[-1]))


def test_an_unsigned_file_has_none() -> None:
    assert signatures(pdf.file()) == ()


class TestChangesAfterwards:
    def test_another_content_of_the_page_is_a_change(self) -> None:
        """A shadow attack's second half: the page is swapped by an update."""
        found = only(pdf.appended(SIGNED, {4: pdf.stream("BT (another) Tj ET")}))

        assert found.valid
        assert not found.covers_file
        assert found.changed_after is Change.OTHER

    def test_another_page_tree_is_a_change(self) -> None:
        tree = "<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 /MediaBox [0 0 595 842] >>"

        assert only(pdf.appended(SIGNED, {2: tree})).changed_after is Change.OTHER

    def test_octets_behind_the_end_are_not_covered(self) -> None:
        found = only(SIGNED + b"\n% nothing that anyone is shown\n")

        assert (found.valid, found.covers_file) == (True, False)

    def test_a_further_signature_is_no_change_of_the_content(self) -> None:
        first, second = signatures(signed(SIGNED, HOLDER))

        assert (first.changed_after, second.changed_after) == (Change.FILLED, Change.NONE)


class TestBrokenSignatures:
    def test_a_changed_octet_of_the_content_breaks_it(self) -> None:
        assert not only(SIGNED.replace(b"(Hello 1)", b"(Hallo 1)")).valid

    def test_a_changed_time_breaks_it(self) -> None:
        assert not only(_at_another_time(SIGNED)).valid

    def test_a_byte_range_that_leaves_something_out_is_not_taken(self) -> None:
        start, first, second, rest = byte_range(SIGNED)
        shorter = SIGNED.replace(
            b"/ByteRange [%d %d %d %d" % (start, first, second, rest),
            b"/ByteRange [%d %d %d %d" % (start, first - 100, second, rest),
        )

        assert not only(shorter).valid

    def test_a_cms_that_is_cut_off_is_a_signature_still_and_a_bad_one(self) -> None:
        """Otherwise whoever breaks it hides it."""
        _, first, _, _ = byte_range(SIGNED)
        broken = only(SIGNED[: first + 3] + b"00" * 40 + SIGNED[first + 83 :])

        assert (broken.field_name, broken.problem) == ("OpenKySo1", "grammar")


def _at_another_time(document):
    told = rb"/M (D\07220261123010203Z)"
    assert told in document
    return document.replace(told, rb"/M (D\07220251123010203Z)")


@given(st.integers(0, len(SIGNED) - 1), st.binary(min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_whatever_is_overwritten_only_documented_errors_come_out(at, octets) -> None:
    mutated = SIGNED[:at] + octets + SIGNED[at + len(octets) :]

    code, found = outcome(mutated)

    assert code in {"", "pdf_malformed", "pdf_encrypted"}
    _, first, second, _ = byte_range(SIGNED)
    in_the_hole = first <= at and at + len(octets) <= second
    if mutated != SIGNED and not in_the_hole:
        assert not any(one.valid and one.covers_file for one in found)


def outcome(document):
    try:
        return "", signatures(document)
    except DocumentError as refusal:
        return refusal.code, ()
