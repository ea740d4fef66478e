"""The visible stamp: who signed, in Vietnamese letters, at a place on a page.

It is the appearance of the signature's own field (ISO 32000-1 §12.5.5); it adds to how the page
looks and nothing to what is proven. The text is as large as its place allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from agent.errors import DocumentError
from agent.formats.options import Stamp
from agent.formats.pdf.intake import page_count, readable
from agent.formats.pdf.letters import Face, embedded, face
from agent.formats.pdf.objects import pdf, stream, target
from agent.formats.pdf.pages import Box, View
from agent.formats.pdf.picture import Picture, picture
from agent.formats.pdf.reader import Reader
from agent.formats.pdf.words import said

_RED: Final = b"0.72 0.06 0.06"
_SIZES: Final = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5, 4.0)  # points
_LEADING: Final = 1.25  # of the size
_MARGIN: Final = 5.0
_BORDER: Final = 0.75
_PICTURE_PART: Final = 0.36  # of the width, at most
_SMALLEST: Final = 8.0  # points, of either side
_LARGEST: Final = 14_400  # ISO 32000-1, annex C
_CUT: Final = "…"
_MAX_CHARS: Final = 2000  # of a paragraph
#: Vietnam has one time zone and no summer time.
_VIETNAM: Final = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A stamp on its page, drawn when it is put there."""

    page: int  # counts from 0
    box: Box  # on the page's plane
    size: tuple[float, float]  # width and height, as it is seen
    view: View
    paragraphs: tuple[str, ...]
    picture: Picture | None

    def put_on(self, field: DictionaryObject, writer: IncrementalPdfFileWriter) -> None:
        width, height = self.size
        resources = {"/Font": {"/F": embedded(writer, "".join(self._lines()[1]))}}
        if self.picture is not None:
            resources["/XObject"] = {"/P": self.picture.embedded(writer)}
        shown = {
            "/Type": "/XObject",
            "/Subtype": "/Form",
            "/BBox": (0, 0, float(width), float(height)),
            "/Matrix": self.view.upright,
            "/Resources": resources,
        }
        appearance = writer.add_object(stream(shown, b" ".join(self._content())))
        field["/AP"] = pdf({"/N": appearance})

    def _content(self) -> Iterator[bytes]:
        width, height = self.size
        inset = _BORDER / 2
        yield b"q %b RG %.2f w %.2f %.2f %.2f %.2f re S Q" % (
            _RED, _BORDER, inset, inset, width - _BORDER, height - _BORDER,
        )  # fmt: skip
        if self.picture is not None:
            room_width, room_height = self._picture_room()
            scale = min(room_width / self.picture.width, room_height / self.picture.height)
            shown = scale * self.picture.width, scale * self.picture.height
            left = _MARGIN + (room_width - shown[0]) / 2
            yield b"q %.2f 0 0 %.2f %.2f %.2f cm /P Do Q" % (*shown, left, (height - shown[1]) / 2)
        size, lines = self._lines()
        known, leading = face(), _LEADING * size
        # In the middle of the height, by what is seen of the letters.
        tall = leading * (len(lines) - 1) + size * known.cap_height / 1000
        first = (height + tall) / 2 - size * known.cap_height / 1000
        yield b"/Tx BMC q %b rg BT /F %.1f Tf %.2f TL %.2f %.2f Td" % (
            _RED, size, leading, self._text_left(), first,
        )  # fmt: skip
        for line in lines:
            yield b"%b Tj T*" % known.shown(line)
        yield b"ET Q EMC"

    def _picture_room(self) -> tuple[float, float]:
        width, height = self.size
        return _PICTURE_PART * width - _MARGIN, height - 2 * _MARGIN

    def _text_left(self) -> float:
        return _MARGIN + (_PICTURE_PART * self.size[0] if self.picture is not None else 0)

    def _lines(self) -> tuple[float, list[str]]:
        """The largest letters in which all of it fits, and its lines; at the end it is cut."""
        known = face()
        width = self.size[0] - self._text_left() - _MARGIN
        height = self.size[1] - 2 * _BORDER
        paragraphs = [known.letters(paragraph[:_MAX_CHARS]) for paragraph in self.paragraphs]
        for size in _SIZES:
            most = int(height / (_LEADING * size))
            lines = [
                line
                for paragraph in paragraphs
                for line in _wrapped(known, paragraph, int(1000 * width / size))
            ]
            if len(lines) <= most:
                return size, lines
        kept = lines[: max(most, 1)]
        return size, [*kept[:-1], _shortened(known, kept[-1], int(1000 * width / size))]


def drawn(stamp: Stamp, reader: Reader, *, holder: str, at: datetime) -> Drawn:
    """Raises DocumentError stamp_image, pdf_page, option_unsupported, pdf_malformed."""
    left, bottom, right, top = stamp.box
    if not (
        all(abs(one) <= _LARGEST for one in stamp.box)
        and right - left >= _SMALLEST
        and top - bottom >= _SMALLEST
    ):
        raise DocumentError("option_unsupported", option="stamp")
    image = picture(stamp.image) if stamp.image is not None else None
    with readable():
        pages = page_count(reader)
        page = stamp.page - 1 if stamp.page > 0 else pages + stamp.page
        if not 0 <= page < pages:
            raise DocumentError("pdf_page", page=stamp.page, pages=pages)
        reference, _ = reader.find_page_for_modification(page)  # type: ignore[no-untyped-call]
        view = View.of(target(reference))
    time = f"{at.astimezone(_VIETNAM):%d/%m/%Y %H:%M:%S}"
    reason = (said("stamp", "reason", reason=stamp.reason),) if stamp.reason else ()
    return Drawn(
        page=page,
        box=view.on_plane(stamp.box),
        size=(right - left, top - bottom),
        view=view,
        paragraphs=(said("stamp", "signer"), holder, said("stamp", "time", time=time), *reason),
        picture=image,
    )


def _wrapped(known: Face, text: str, width: int) -> Iterator[str]:
    """By words, and within a word that is too long for a line. `width` is in thousandths."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if known.width(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = _broken(known, word, width)
        yield from full
    if line:
        yield line


def _broken(known: Face, word: str, width: int) -> Iterator[str]:
    """A word in pieces that fit, of one letter at least."""
    piece, wide = "", 0
    for letter in word:
        more = known.width(letter)
        if piece and wide + more > width:
            yield piece
            piece, wide = "", 0
        piece, wide = piece + letter, wide + more
    yield piece


def _shortened(known: Face, line: str, width: int) -> str:
    end = known.letters(_CUT)
    while line and known.width(line + end) > width:
        line = line[:-1]
    return line + end
