"""What is known of a document before it is signed, as windows and the journal need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """A document known by its hashes, since it is too large to be held or stays where it is."""

    size: int  # bytes
    digests: Mapping[str, bytes]  # by hashlib's names; "sha256" is always among them
    head: bytes = field(default=b"", repr=False)  # how it begins, for the preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A document in a private file of ours: too large to be held, and needed whole."""

    path: Path
    size: int  # bytes
    digests: Mapping[str, bytes]  # by hashlib's names; "sha256" is always among them
    head: bytes = field(default=b"", repr=False)  # how it begins, for the preview
    #: A folder of ours, gone with the request, in which a format may make what it returns.
    scratch: Path


#: What can be signed: the document itself or, where the format needs no more, its hashes.
Document = bytes | Digested | Filed


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Several documents under one signature, for formats that hold them by their names."""

    parts: tuple[tuple[str, Document], ...]


#: What a signature makes of it: held or, where the document was in a file, in another one.
Made = bytes | Filed


def octets(made: Made) -> bytes:
    """All of it, for those who know that it is small. Raises OSError."""
    return made if isinstance(made, bytes) else made.path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the consent window shows of a document."""

    kind: str  # message key of the consent texts, e.g. "xml"
    sha256: str  # hex, of the bytes as received
    size: int  # bytes
    preview: str  # readable text, bounded; never markup to be rendered
    preview_cut: bool  # the preview leaves something out
    #: Codes of what the user must see before signing: "pdf_changed" …
    warnings: tuple[str, ...] = ()
