"""PDF signatures: PAdES B-B (EN 319 142-1 §6) over pyHanko, our own checks before and after."""

from agent.formats.pdf.sign import PdfFormat
from agent.formats.pdf.stamp import Stamp
from agent.formats.pdf.verify import PdfSignature, signatures

__all__ = ["PdfFormat", "PdfSignature", "Stamp", "signatures"]
