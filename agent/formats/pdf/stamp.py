"""The visible stamp: who signed, in Vietnamese letters, at a place on a page.

The text goes into the appearance of the signature's own field (ISO 32000-1 §12.5.5); it adds to how
the page looks and nothing to what is proven.
"""

from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.font.api import FontEngine, FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.layout import (
    AxisAlignment,
    InnerScaling,
    Margins,
    SimpleBoxLayoutRule,
)
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.pdf_utils.xref import ObjectStream
from pyhanko.stamp import TextStampStyle

from agent.errors import DocumentError
from agent.formats.options import Stamp
from agent.formats.pdf.words import said

_SIZE: Final = 9  # points
_RED: Final = (0.75, 0.05, 0.05)
_FONT: Final = "NotoSans-Vietnamese.ttf"
#: Vietnam has one time zone and no summer time.
_VIETNAM: Final = timezone(timedelta(hours=7))
_MAX_IMAGE_BYTES: Final = 2 * 1024 * 1024
_MAX_IMAGE_PIXELS: Final = 4_000_000
_LINE_CHARS: Final = 38


def style(stamp: Stamp, *, holder: str, at: datetime) -> TextStampStyle:
    """Raises DocumentError stamp_image."""
    time = f"{at.astimezone(_VIETNAM):%d/%m/%Y %H:%M:%S}"
    lines = [said("stamp", "signer"), *_wrapped(holder), said("stamp", "time", time=time)]
    if stamp.reason:
        lines += _wrapped(said("stamp", "reason", reason=stamp.reason))
    picture = _picture(stamp.image) if stamp.image is not None else None
    left = (stamp.box[2] - stamp.box[0]) // 3 if picture is not None else 6
    return TextStampStyle(
        # Percent signs would be taken for placeholders.
        stamp_text="\n".join(lines).replace("%", "%%"),
        text_box_style=TextBoxStyle(font=_Font(), font_size=_SIZE, leading=11, text_color=_RED),
        border_width=1,
        border_color=_RED,
        background=picture,
        background_layout=_placed(left=4, right=4),
        background_opacity=1.0,
        inner_content_layout=_placed(left=left, right=6),
    )


def _placed(*, left: int, right: int) -> SimpleBoxLayoutRule:
    """At the left, in the middle of the height, made smaller where it is too large."""
    return SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(left=left, right=right, top=4, bottom=4),
        inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
    )


def _wrapped(text: str) -> list[str]:
    """By words; the text box itself does not wrap."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LINE_CHARS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _picture(data: bytes) -> PdfContent:
    if len(data) > _MAX_IMAGE_BYTES:
        raise DocumentError("stamp_image", reason="size")
    try:
        image = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
        if image.width * image.height > _MAX_IMAGE_PIXELS:
            raise DocumentError("stamp_image", reason="pixels")
        image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DocumentError("stamp_image", reason="format") from error
    return PdfImage(image)


class _Font(FontEngineFactory):
    """pyHanko's own factory leaves the file open."""

    def create_font_engine(
        self, writer: BasePdfFileWriter, obj_stream: ObjectStream | None = None
    ) -> FontEngine:
        return GlyphAccumulator(writer, BytesIO(_font()), font_size=_SIZE, obj_stream=obj_stream)


@cache
def _font() -> bytes:
    return resources.files("agent.formats.pdf").joinpath("font", _FONT).read_bytes()
