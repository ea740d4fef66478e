"""PDF signatures: PAdES B-B (EN 319 142-1 §6) over pyHanko, our own checks before and after."""

from agent.formats.options import Stamp
from agent.formats.pdf.format import PdfFormat

__all__ = ["PdfFormat", "Stamp"]
