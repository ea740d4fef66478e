"""Bounds that hold before anything large is built."""

import time
from contextlib import suppress

import pytest

from agent.errors import DocumentError
from agent.formats.xml import intake
from agent.formats.xml.intake import take_in
from agent.formats.xml.positions import Span

PATH = ("a", "b")


def refused(document: bytes, **options) -> str:
    with pytest.raises(DocumentError) as caught:
        take_in(document, path=PATH, **options)
    return caught.value.code


def test_size_is_judged_before_anything_is_read() -> None:
    assert refused(b"<" * 101, limit=100) == "document_too_large"


def test_ten_megabytes_in_one_text_are_fine() -> None:
    """libxml2's own bound is just below our limit."""
    document = b"<a><b>" + b"QUJD" * (10 * 1024 * 1024 // 4 - 10) + b"</b></a>"

    taken = take_in(document, path=PATH)

    assert len(taken.tree.getroot()[0].text) > 10_000_000


@pytest.mark.parametrize("node", ["<c/>", "<!---->", "<?c?>", "<![CDATA[]]>"])
def test_nodes_are_counted_whatever_their_kind(node: str) -> None:
    few = f"<a>{node * 1000}</a>".encode()
    many = f"<a>{node * (intake.MAX_NODES + 1)}</a>".encode()

    take_in(few, path=PATH)
    assert refused(many) == "document_too_large"


@pytest.mark.parametrize(
    "document",
    [
        "<a " + " ".join(f"x{n}=''" for n in range(1_000_000)) + "/>",
        "<a " + " ".join(f"xmlns:x{n}='urn:x'" for n in range(400_000)) + "/>",
        "<a>" * 1_000_000,
        "<a>" + "<b xmlns:x='urn:x'>" * 400_000,
        "<a>" + "<!-- -->" * 1_000_000 + "</a>",
        "<a>" + "&amp;" * 1_900_000 + "</a>",
        "<a x='" + "&#10;" * 1_900_000 + "'/>",
    ],
    ids=["attributes", "namespaces", "depth", "nested", "comments", "references", "in attribute"],
)
def test_no_ten_megabytes_take_long(document: str) -> None:
    """Generous for a busy machine: what grows with the square would take minutes."""
    begin = time.monotonic()
    with suppress(DocumentError):
        take_in(document.encode(), path=PATH)

    assert time.monotonic() - begin < 20


def test_namespaces_count_only_while_they_are_in_scope() -> None:
    one = "<c xmlns:x='urn:x'/>"

    take_in(f"<a>{one * 1000}</a>".encode(), path=PATH)


def test_spans_are_of_the_elements_at_the_path_and_no_others() -> None:
    document = b"<a><b/><c><b/></c><b>x<b/></b><a><b/></a></a>"

    taken = take_in(document, path=PATH)

    assert taken.spans == (Span(start=3, end=7), Span(start=18, end=26))
    assert document[18:26] == b"<b>x<b/>"


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (("*", "b"), 1),
        (("a",), 1),
        (("*",), 1),
        (("a", "*"), 2),
        (("a", "{urn:x}b"), 1),
        (("x", "b"), 0),
        (("a", "b", "c"), 0),
    ],
)
def test_paths(path: tuple[str, ...], count: int) -> None:
    taken = take_in(b'<a><b/><b xmlns="urn:x"/></a>', path=path)

    assert len(taken.spans) == count


def test_positions_are_named_in_errors() -> None:
    with pytest.raises(DocumentError) as caught:
        take_in(b"<a>\n<b></a>", path=PATH)

    assert caught.value.details["line"] == 2
