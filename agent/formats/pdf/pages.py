"""Places on a page as a reader sees it: what is cropped away is not there, a turned page is turned.

A PDF has its own plane (ISO 32000-1 §8.3.2.3); the page that is shown is a part of it, turned by
quarters of a circle, perhaps in larger units. Boxes here are left, bottom, right, top in points.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from pyhanko.pdf_utils import generic

from agent.formats.pdf.objects import entry, number

Box = tuple[float, float, float, float]

_LETTER: Final[Box] = (0, 0, 612, 792)
_MAX_DEPTH: Final = 64
_QUARTER: Final = 90
#: By the quarters that a page is turned clockwise: cosine and sine of turning back.
_BACK: Final = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    crop: Box  # what is shown of the plane
    quarters: int  # clockwise, 0 to 3
    unit: float  # points in a unit of the plane

    @classmethod
    def of(cls, page: generic.DictionaryObject) -> Self:
        media = _box(_inherited(page, "/MediaBox")) or _LETTER
        crop = _common(media, _box(_inherited(page, "/CropBox")) or media) or media
        turned = number(_inherited(page, "/Rotate")) or 0
        unit = number(entry(page, "/UserUnit")) or 1.0
        return cls(crop=crop, quarters=int(turned) // _QUARTER % 4, unit=unit if unit > 0 else 1.0)

    def on_plane(self, box: Box) -> Box:
        """Where `box` of the shown page is."""
        left, bottom, right, top = (one / self.unit for one in box)
        x0, y0, x1, y1 = self.crop
        match self.quarters:
            case 0:
                return x0 + left, y0 + bottom, x0 + right, y0 + top
            case 1:
                return x1 - top, y0 + left, x1 - bottom, y0 + right
            case 2:
                return x1 - right, y1 - top, x1 - left, y1 - bottom
            case _:
                return x0 + bottom, y1 - right, x0 + top, y1 - left

    @property
    def upright(self) -> tuple[int, int, int, int, int, int]:
        """The matrix that turns what is drawn, so that it stands upright on the shown page."""
        cosine, sine = _BACK[self.quarters]
        return cosine, sine, -sine, cosine, 0, 0


def _inherited(page: generic.DictionaryObject, key: str) -> object:
    for node in _upwards(page):
        if key in node:
            return node[key]
    return None


def _upwards(page: generic.DictionaryObject) -> Iterator[generic.DictionaryObject]:
    node: object = page
    for _ in range(_MAX_DEPTH):
        if not isinstance(node, generic.DictionaryObject):
            return
        yield node
        node = entry(node, "/Parent")


def _box(array: object) -> Box | None:
    """In order, whichever corners it names."""
    if not isinstance(array, generic.ArrayObject) or len(array) != 4:  # noqa: PLR2004 - a box
        return None
    numbers = [found for one in array if (found := number(one)) is not None]
    if len(numbers) != 4:  # noqa: PLR2004
        return None
    x0, y0, x1, y1 = numbers
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _common(one: Box, other: Box) -> Box | None:
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None
