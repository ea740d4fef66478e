"""Files as documents: held when they are small, hashed while they are read when they are not."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from agent.documents import Document, Filed
from agent.errors import DocumentError
from agent.formats.content import digested

#: No format takes larger documents into itself.
MAX_HELD_BYTES: Final = 64 * 1024 * 1024


def document(
    path: Path, *, algorithms: Collection[str] = (), scratch: Path | None = None
) -> Document:
    """The file's bytes or, of a large one, SHA-256 and other hashes; with a `scratch` for formats
    that need it whole. Raises OSError.
    """
    with path.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size <= MAX_HELD_BYTES:
            return path.read_bytes()
        known = digested(file, algorithms=algorithms)
    if scratch is None:
        return known
    return Filed(
        path=path, size=known.size, digests=known.digests, head=known.head, scratch=scratch
    )


def hashed(path: Path, algorithms: Collection[str]) -> Document:
    """The file's hashes. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        return digested(file, algorithms=algorithms)


def held(path: Path, *, limit: int) -> bytes:
    """The file's bytes. Raises DocumentError document_too_large, OSError."""
    with path.open("rb") as file:
        octets = file.read(limit + 1)
    if len(octets) > limit:
        raise DocumentError("document_too_large", size=path.stat().st_size, limit=limit)
    return octets
