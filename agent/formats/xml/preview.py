"""A document as text for the person who signs it: an outline, one "name: value" line each.

The text is what the signature covers, as far as it fits: elements with their text, attributes and
processing instructions (comments are not signed, so they are not shown). It is bounded, and says so
where it leaves something out. It is plain text from a stranger: characters that could reorder,
hide or fake lines are shown by their number instead.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from lxml import etree

MAX_LINES: Final = 500
MAX_CHARS: Final = 64 * 1024
#: Of one value. Longer base64 keeps its first characters, its length and its hash.
MAX_VALUE_CHARS: Final = 400
MAX_BASE64_CHARS: Final = 80
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_INDENT: Final = "  "
_Path = tuple[str, ...]
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def preview(
    tree: "etree._ElementTree[etree._Element]",
    *,
    without: "etree._Element | None" = None,
    labels: Mapping[str, str] = MappingProxyType({}),
    of: "etree._Element | None" = None,
    named: bool = False,
) -> tuple[str, bool]:
    """The text, and whether it leaves something out. `without` is where the signature
    will be, if nothing else is there.

    `of` is the element that is signed, if it is not the whole document: nothing else is shown.
    `named` puts the root's name first, where it says which form this is.
    `labels` says in people's words what stands at a path below what is shown ("NoiDung/LyDo").
    """
    lines: list[str] = []
    if named:
        name = _local(str(tree.getroot().tag))
        lines.append(labels.get(f"/{name}") or _visible(name))
    chars = 0
    cut = False
    above: _Path = ()
    shown_parts = _document(tree.getroot(), without) if of is None else _element(of, (), without)
    for path, value in shown_parts:
        shown, shortened = _shortened(value)
        parents = path[:-1]
        new = [_line(path, shown, labels)]
        if parents != above:
            new = [*_headings(above, parents, labels), *new]
        above = parents
        chars += sum(len(line) + 1 for line in new)
        if len(lines) + len(new) > MAX_LINES or chars > MAX_CHARS:
            return "\n".join([*lines, "…"]), True
        lines += new
        cut = cut or shortened
    return "\n".join(lines), cut


def _headings(above: "_Path", parents: "_Path", labels: Mapping[str, str]) -> Iterator[str]:
    """The names of the elements that are entered between one value and the next."""
    for depth in range(len(parents)):
        if above[: depth + 1] != parents[: depth + 1]:
            yield _INDENT * depth + _name(parents[: depth + 1], labels)


def _line(path: "_Path", shown: str, labels: Mapping[str, str]) -> str:
    return f"{_INDENT * (len(path) - 1)}{_name(path, labels)}: {shown}" if path else shown


def _name(path: "_Path", labels: Mapping[str, str]) -> str:
    """What people call it; else what the document calls it."""
    known = labels.get("/".join(part.partition("[")[0] for part in path)) if labels else None
    if known is None:
        return _visible(path[-1])
    number = path[-1].partition("[")[2]
    return f"{known} [{number}" if number else known


def _document(
    root: "etree._Element", without: "etree._Element | None"
) -> Iterator[tuple["_Path", str]]:
    """(path below the root, value) in document order."""
    for node in reversed(list(root.itersiblings(preceding=True))):
        if isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield (), _instruction(node)
    yield from _element(root, (), without)
    for node in root.itersiblings():
        if isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield (), _instruction(node)


def _element(
    element: "etree._Element", path: "_Path", without: "etree._Element | None"
) -> Iterator[tuple["_Path", str]]:
    """Calls itself as deep as the document is, which `intake` bounds."""
    for key, value in element.attrib.items():
        yield (*path, f"@{_local(key)}"), value
    if element is without:
        return
    text = element.text or ""
    if text.strip() or not len(element):
        yield path, text
    if not len(element):
        return
    seen: Counter[str] = Counter()
    for child in element:
        tag = child.tag
        if isinstance(tag, str):
            seen[tag] += 1
            is_one_of_several = seen[tag] > 1 or any(True for _ in child.itersiblings(tag))
            number = f"[{seen[tag]}]" if is_one_of_several else ""
            yield from _element(child, (*path, f"{_local(tag)}{number}"), without)
        elif isinstance(child, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield path, _instruction(child)
        if (child.tail or "").strip():
            yield path, child.tail or ""


def _shortened(value: str) -> tuple[str, bool]:
    """`value` on one line, and whether something of it is missing."""
    if len(value) > MAX_BASE64_CHARS and _BASE64.fullmatch(value):
        octets = "".join(value.split())
        digest = hashlib.sha256(octets.encode()).hexdigest()
        return f"{octets[:32]}… [{len(octets)} · SHA-256 {digest}]", True
    # A little more than will be shown is enough to look at.
    line = _visible(" ".join(value[: 2 * MAX_VALUE_CHARS].split()))
    if len(line) <= MAX_VALUE_CHARS and len(value) <= 2 * MAX_VALUE_CHARS:
        return line, False
    return f"{line[:MAX_VALUE_CHARS]}… [{len(value)}]", True


def _visible(text: str) -> str:
    """Control, formatting (bidirectional, zero-width) and private characters, by number."""
    if text.isprintable():
        return text
    return "".join(
        f"[U+{ord(char):04X}]" if unicodedata.category(char) in _HIDDEN else char for char in text
    )


def _instruction(node: "etree._ProcessingInstruction") -> str:
    return f"<?{node.target} {node.text or ''}?>"


def _local(name: str) -> str:
    return name.rpartition("}")[2]
