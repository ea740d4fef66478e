"""The picture in a stamp: a stranger's PNG or JPEG, made into what a PDF shows."""

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageOps
from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from agent.errors import DocumentError
from agent.formats.pdf.objects import stream

_MAX_BYTES: Final = 2 * 1024 * 1024
_MAX_PIXELS: Final = 16_000_000  # a telephone's photograph
#: More than is seen in a stamp, printed at 300 dots an inch.
_SHOWN_PIXELS: Final = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    width: int  # pixels
    height: int
    colours: bytes = field(repr=False)  # RGB, compressed
    opacity: bytes | None = field(repr=False)  # compressed

    def embedded(self, writer: BasePdfFileWriter) -> IndirectObject:
        masked = {}
        if self.opacity is not None:
            masked["/SMask"] = writer.add_object(self._object("/DeviceGray", self.opacity))
        return writer.add_object(self._object("/DeviceRGB", self.colours, masked))

    def _object(self, space: str, octets: bytes, more: dict[str, Any] | None = None) -> Any:
        entries = {
            "/Type": "/XObject",
            "/Subtype": "/Image",
            "/Width": self.width,
            "/Height": self.height,
            "/ColorSpace": space,
            "/BitsPerComponent": 8,
        }
        return stream(entries | (more or {}), octets, deflated=True)


@lru_cache(maxsize=4)  # a batch has the same on all its documents
def picture(data: bytes) -> Picture:
    """Raises DocumentError stamp_image."""
    if len(data) > _MAX_BYTES:
        raise DocumentError("stamp_image", reason="size")
    image = _opened(data)
    if image.width * image.height > _MAX_PIXELS:
        raise DocumentError("stamp_image", reason="pixels")
    try:
        image.draft("RGB", (_SHOWN_PIXELS, _SHOWN_PIXELS))  # of a JPEG; no more is decoded
        shown = ImageOps.exif_transpose(image).convert("RGBA")
        shown.thumbnail((_SHOWN_PIXELS, _SHOWN_PIXELS))
    except Exception as error:  # as below
        raise DocumentError("stamp_image", reason="format") from error
    opacity = shown.getchannel("A")
    return Picture(
        width=shown.width,
        height=shown.height,
        colours=zlib.compress(shown.convert("RGB").tobytes(), 6),
        opacity=None if opacity.getextrema() == (255, 255) else zlib.compress(opacity.tobytes(), 6),
    )


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=("PNG", "JPEG"))
    except Exception as error:  # Pillow fails in many ways on hostile octets
        raise DocumentError("stamp_image", reason="format") from error
