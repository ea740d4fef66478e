"""PDF signatures: PAdES B-B to B-LTA (EN 319 142-1 §6) over pyHanko, with our own checks.

The way through the modules, each of which does without those below it:

    format                  what others hold
    judged                  a signed file, relied on or not
    sign, raising           the use cases: prepare → complete → raise to a level
    verify, changes         what each signature is worth, and what came after it
    preview                 what the window shows of a file
    hole, stamp, store      what is added to a file: a field and its place, its looks, evidence
    letters, picture, pages what a stamp is made of, and where it stands
    intake, fields, ranges  a stranger's file: judged, looked through, hashed
    reader, spool           pyHanko's reader with bounds, and files too large to be held
    objects, words, reasons
"""

from agent.formats.options import Stamp
from agent.formats.pdf.format import PdfFormat
from agent.formats.pdf.reasons import Reason

__all__ = ["PdfFormat", "Reason", "Stamp"]
