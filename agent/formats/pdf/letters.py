"""The letters of a stamp: a font with all Vietnamese ones, embedded as far as it is used.

A subset takes longer to make than the signature, so the last ones are kept: in a batch the letters
are the same but for the digits of the time, which are always in.
"""

import unicodedata
import zlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from agent.formats.pdf.objects import pdf, stream

_FONT: Final = "NotoSans-Vietnamese.ttf"
_NAME: Final = "/OKSVNM+NotoSans"
_ALWAYS: Final = frozenset("0123456789/:. ")
_UNKNOWN: Final = "?"
_PER_BLOCK: Final = 100  # entries of a CMap's block, ISO 32000-1 §9.10.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Measures, in thousandths of the size."""

    glyphs: dict[str, int]  # by letter
    widths: dict[int, int]
    ascent: int
    descent: int  # below zero
    box: tuple[int, int, int, int]
    cap_height: int

    def letters(self, text: str) -> str:
        """`text` in letters that the font has."""
        composed = unicodedata.normalize("NFC", text)
        return "".join(
            letter if letter in self.glyphs else _UNKNOWN if letter.isprintable() else " "
            for letter in composed
        )

    def width(self, letters: str) -> int:
        return sum(self.widths[self.glyphs[letter]] for letter in letters)

    def shown(self, letters: str) -> bytes:
        """As a hexadecimal string of the font's two-octet codes."""
        return b"<%b>" % b"".join(b"%04X" % self.glyphs[letter] for letter in letters)


@cache
def face() -> Face:
    font = TTFont(BytesIO(_octets()))
    scale = 1000 / font["head"].unitsPerEm
    measures, head = font["hmtx"].metrics, font["head"]
    numbers = font.getReverseGlyphMap()
    return Face(
        glyphs={chr(code): numbers[name] for code, name in font.getBestCmap().items()},
        widths={numbers[name]: round(scale * width) for name, (width, _) in measures.items()},
        ascent=round(scale * font["hhea"].ascent),
        descent=round(scale * font["hhea"].descent),
        box=tuple(round(scale * one) for one in (head.xMin, head.yMin, head.xMax, head.yMax)),
        cap_height=round(scale * getattr(font["OS/2"], "sCapHeight", 714)),
    )


def embedded(writer: BasePdfFileWriter, letters: str) -> IndirectObject:
    """A font for these `letters` of the face (ISO 32000-1 §9.7.4)."""
    used = _subset(frozenset(letters) | _ALWAYS)
    known = face()
    descriptor = {
        "/Type": "/FontDescriptor",
        "/FontName": _NAME,
        "/Flags": 4,  # symbolic: its codes are its own
        "/FontBBox": known.box,
        "/ItalicAngle": 0,
        "/Ascent": known.ascent,
        "/Descent": known.descent,
        "/CapHeight": known.cap_height,
        "/StemV": 80,
        "/FontFile2": writer.add_object(
            stream({"/Length1": used.length}, used.program, deflated=True)
        ),
    }
    descendant = {
        "/Type": "/Font",
        "/Subtype": "/CIDFontType2",
        "/BaseFont": _NAME,
        "/CIDSystemInfo": {"/Registry": "Adobe", "/Ordering": "Identity", "/Supplement": 0},
        "/CIDToGIDMap": "/Identity",
        "/FontDescriptor": writer.add_object(pdf(descriptor)),
        "/W": [part for glyph in used.glyphs for part in (glyph, [known.widths[glyph]])],
    }
    font = {
        "/Type": "/Font",
        "/Subtype": "/Type0",
        "/BaseFont": _NAME,
        "/Encoding": "/Identity-H",
        "/DescendantFonts": [writer.add_object(pdf(descendant))],
        "/ToUnicode": writer.add_object(stream({}, used.meanings)),
    }
    return writer.add_object(pdf(font))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subset:
    program: bytes = field(repr=False)  # compressed
    length: int
    glyphs: tuple[int, ...]
    meanings: bytes = field(repr=False)


@lru_cache(maxsize=16)
def _subset(letters: frozenset[str]) -> _Subset:
    font = TTFont(BytesIO(_octets()))
    options = subset.Options(
        layout_features=[], retain_gids=True, notdef_outline=True, name_IDs=[], hinting=False
    )
    subsetter = subset.Subsetter(options=options)
    subsetter.populate(unicodes=[ord(letter) for letter in letters])
    subsetter.subset(font)
    program = BytesIO()
    font.save(program)
    codes = {face().glyphs[letter]: letter for letter in sorted(letters)}
    return _Subset(
        program=zlib.compress(program.getvalue(), 9),
        length=len(program.getvalue()),
        glyphs=tuple(sorted(codes)),
        meanings=_meanings(codes),
    )


def _meanings(codes: dict[int, str]) -> bytes:
    """The ToUnicode table, for search and for readers' voices (ISO 32000-1 §9.10.3)."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    entries = [
        f"<{code:04X}> <{letter.encode('utf-16-be').hex()}>" for code, letter in codes.items()
    ]
    for start in range(0, len(entries), _PER_BLOCK):
        block = entries[start : start + _PER_BLOCK]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode("ascii")


@cache
def _octets() -> bytes:
    return resources.files("agent.formats.pdf").joinpath("font", _FONT).read_bytes()
