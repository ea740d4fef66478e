"""The place in a document that takes the signature, and putting the signature there.

The document is cut and joined as bytes and never serialised anew, so everything outside the
container stays as the caller wrote it: declaration, byte order mark, white space, line ends,
quotes, entity-like spellings. Receivers re-read these bytes, and so does the user.
"""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml.intake import Intake
from agent.formats.xml.positions import Codec, Path, elements_at

_XML_SPACE: Final = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A document cut in two where the content of its container belongs."""

    before: bytes
    after: bytes
    codec: Codec

    def filled_with(self, markup: str) -> bytes:
        """The document with `markup` inside the container."""
        return self.before + markup.encode(self.codec, "xmlcharrefreplace") + self.after


def empty_container(intake: Intake, path: Path) -> "tuple[etree._Element, Gap]":
    """The one element at `path`, and its place in the bytes.

    White space in it is kept and stands before what is filled in.

    `intake` must have been taken in with the same path.

    Raises DocumentError container_missing, container_ambiguous, container_not_empty.
    """
    element, gap = place_at_end(intake, path)
    if len(element) or (element.text or "").strip(_XML_SPACE):
        raise DocumentError("container_not_empty", container=printed(path))
    return element, gap


def place_at_end(intake: Intake, path: Path) -> "tuple[etree._Element, Gap]":
    """The same, of an element that may have content, behind which the place is.

    Raises DocumentError container_missing, container_ambiguous.
    """
    found = elements_at(intake.tree, path)
    if not found:
        raise DocumentError("container_missing", container=printed(path))
    if len(found) > 1 or len(intake.spans) != 1:
        raise DocumentError("container_ambiguous", container=printed(path), count=len(found))
    (element,) = found
    data, codec, end = intake.data, intake.codec, intake.spans[0].end
    slash = "/>".encode(codec)
    if not data[:end].endswith(slash):
        return element, Gap(before=data[:end], after=data[end:], codec=codec)
    # <a/> becomes <a>…</a>, which canonicalises alike. Without content, what stands before the
    # end tag is a start tag, which cannot end in "/>", or white space.
    if len(element) or element.text:
        return element, Gap(before=data[:end], after=data[end:], codec=codec)
    tag = data[intake.spans[0].start : end - len(slash)].decode(codec)
    name = re.split(r"\s", tag[1:], maxsplit=1)[0]
    return element, Gap(
        before=data[: end - len(slash)] + ">".encode(codec),
        after=f"</{name}>".encode(codec) + data[end:],
        codec=codec,
    )


def printed(path: Path) -> str:
    """For error texts: "Hoso/CKy_Dvi"."""
    return "/".join(name.rpartition("}")[2] for name in path)
