"""A document as text for the person who signs it: one "path: value" line for each value.

The text is what the signature covers, as far as it fits: elements with their text, attributes and
processing instructions (comments are not signed, so they are not shown). It is bounded, and says so
where it leaves something out. It is plain text from a stranger: characters that could reorder,
hide or fake lines are shown by their number instead.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lxml import etree

MAX_LINES: Final = 500
MAX_CHARS: Final = 64 * 1024
#: Of one value. Longer base64 keeps its first characters, its length and its hash.
MAX_VALUE_CHARS: Final = 400
MAX_BASE64_CHARS: Final = 80
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def preview(
    tree: "etree._ElementTree[etree._Element]", *, without: "etree._Element"
) -> tuple[str, bool]:
    """The text, and whether it leaves something out. `without` is where the signature will be."""
    lines: list[str] = []
    chars = 0
    cut = False
    for path, value in _document(tree.getroot(), without):
        shown, shortened = _shortened(value)
        line = f"{_visible(path)}: {shown}" if path else shown
        chars += len(line) + 1
        if len(lines) == MAX_LINES or chars > MAX_CHARS:
            return "\n".join([*lines, "…"]), True
        lines.append(line)
        cut = cut or shortened
    return "\n".join(lines), cut


def _document(root: "etree._Element", without: "etree._Element") -> Iterator[tuple[str, str]]:
    """(path below the root, value) in document order."""
    for node in reversed(list(root.itersiblings(preceding=True))):
        if isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield "", _instruction(node)
    yield from _element(root, "", without)
    for node in root.itersiblings():
        if isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield "", _instruction(node)


def _element(
    element: "etree._Element", path: str, without: "etree._Element"
) -> Iterator[tuple[str, str]]:
    """Calls itself as deep as the document is, which `intake` bounds."""
    for key, value in element.attrib.items():
        yield f"{path} @{_local(key)}".lstrip(), value
    if element is without:
        return
    text = element.text or ""
    if text.strip() or not len(element):
        yield path, text
    if not len(element):
        return
    names = Counter(str(child.tag) for child in element.iterchildren("*"))
    seen: Counter[str] = Counter()
    for child in element:
        if isinstance(child, etree._ProcessingInstruction):  # noqa: SLF001 - lxml names it so
            yield path, _instruction(child)
        elif not isinstance(child, etree._Comment):  # noqa: SLF001
            tag = str(child.tag)
            seen[tag] += 1
            number = f"[{seen[tag]}]" if names[tag] > 1 else ""
            below = f"{_local(tag)}{number}"
            yield from _element(child, f"{path} › {below}" if path else below, without)
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
