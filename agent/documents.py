"""What is known of a document before it is signed, as windows and the journal need it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the consent window shows of a document."""

    kind: str  # message key of the consent texts, e.g. "xml"
    sha256: str  # hex, of the bytes as received
    size: int  # bytes
    preview: str  # readable text, bounded; never markup to be rendered
    preview_cut: bool  # the preview leaves something out
