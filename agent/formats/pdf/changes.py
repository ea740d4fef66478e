"""What was done to a PDF after a signature, by pyHanko's difference analysis.

What cannot be analysed is not called harmless, and neither are octets at the end of the file that
no cross-reference table leads to: some viewers look for objects in them.
"""

from enum import StrEnum
from typing import Final

from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from agent.formats.pdf.reader import Reader

#: Behind the last cross-reference table: a trailer, two numbers and a line.
_MAX_TAIL_BYTES: Final = 64 * 1024
_END: Final = b"%%EOF"


class Change(StrEnum):
    NONE = "none"
    MAINTENANCE = "maintenance"  # revocation data and time stamps for the archive
    FILLED = "filled"  # form fields and further signatures
    FORBIDDEN = "forbidden"  # the same, where the signature does not allow it
    OTHER = "other"  # what a reader sees may be another text than the one that was signed


HARMLESS: Final = frozenset({Change.NONE, Change.MAINTENANCE})
_CHANGES: Final = {
    ModificationLevel.NONE: Change.NONE,
    ModificationLevel.LTA_UPDATES: Change.MAINTENANCE,
    ModificationLevel.FORM_FILLING: Change.FILLED,
}
#: pyHanko takes locked fields for changed if their looks could have been changed in their place,
#: whether they were or not. Where that is not allowed at all, it does not.
_NEW_LOOKS_ALONE: Final = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldCreationRule(),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(allow_in_place_appearance_stream_changes=False),
            GenericFieldModificationRule(allow_in_place_appearance_stream_changes=False),
        ]
    ),
)


def covers_revision(signature: EmbeddedPdfSignature) -> bool:
    """Whether the signature is of all that its revision of the file is."""
    return bool(signature.evaluate_signature_coverage() >= SignatureCoverageLevel.ENTIRE_REVISION)


def changed_after(signature: EmbeddedPdfSignature, reader: Reader, *, end: int) -> Change:
    """For one that covers its revision, but not the file, up to octet `end`."""
    try:
        if not _end_is_clean(reader, signature.signed_revision, end=end):
            return Change.OTHER
        signature.coverage = SignatureCoverageLevel.ENTIRE_REVISION  # type: ignore[assignment]
        result: object = signature.evaluate_modifications(DEFAULT_DIFF_POLICY)
        if not isinstance(result, DiffResult) and signature.fieldmdp is not None:
            result = signature.evaluate_modifications(_NEW_LOOKS_ALONE)
        level = signature.docmdp_level
    except Exception:  # noqa: BLE001 - as said above
        return Change.OTHER
    if not isinstance(result, DiffResult):
        return Change.OTHER  # a SuspiciousModification
    change = _CHANGES.get(result.modification_level, Change.OTHER)
    if change is Change.FILLED and level is MDPPerm.NO_CHANGES:
        return Change.FORBIDDEN
    return change


def allows_filling(signature: EmbeddedPdfSignature) -> bool:
    """Whether its signer said that forms may be filled in afterwards (DocMDP)."""
    return signature.docmdp_level in {MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE}


def _end_is_clean(reader: Reader, revision: int, *, end: int) -> bool:
    """Whether the last revision ends where the file does."""
    last = reader.total_revisions - 1
    if last > revision:
        end = reader.xrefs.get_xref_container_info(last).end_location
    size = reader.stream.seek(0, 2)
    if not 0 <= size - end <= _MAX_TAIL_BYTES:
        return False
    tail = bytearray(size - end)
    reader.stream.seek(end)
    reader.stream.readinto(tail)
    if last > revision:
        trailer, _, tail = tail.partition(_END)
        if b" obj" in trailer:
            return False
    return not tail.strip()
