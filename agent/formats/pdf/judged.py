"""Whether a signed PDF can be relied on as it is: every signature in it, and what came after them.

One that is broken, or over another text than what a reader now sees, spoils the file: nobody can
tell which one somebody relies on.
"""

from typing import Final

from agent.documents import Document
from agent.errors import DocumentError
from agent.formats.pdf.changes import HARMLESS, Change
from agent.formats.pdf.reasons import Reason
from agent.formats.pdf.verify import PdfSignature, Signed, examine

#: What is there after a signature and before another: that one's signer has seen it.
_SEEN: Final = HARMLESS | {Change.FILLED}


def judged(document: Document) -> Signed:
    """Raises DocumentError signature_invalid, pdf_malformed, pdf_encrypted, document_too_large;
    OSError.
    """
    signed = examine(document)
    if not signed.signatures:
        raise DocumentError("signature_invalid", reason=Reason.MISSING.value)
    for one in signed.signatures:
        if one.problem:
            raise DocumentError("signature_invalid", reason=one.problem)
    if any(one.problem for one in signed.timestamps):
        raise DocumentError("signature_invalid", reason=Reason.TIMESTAMP.value)
    *earlier, last = signed.signatures
    sound = (
        all(one.changed_after in _SEEN for one in earlier)
        and _is_as_signed(last)
        and all(one.changed_after in _SEEN for one in signed.timestamps)
    )
    if not sound:
        raise DocumentError("signature_invalid", reason=Reason.CHANGED.value)
    return signed


def _is_as_signed(last: PdfSignature) -> bool:
    """Or filled in as its signer foresaw, which `warnings` says."""
    return last.changed_after in HARMLESS or (
        last.changed_after is Change.FILLED and last.allows_filling
    )
