"""The ZIP file of an ASiC-E container, written: the type first and bare, so that programs know it
by its first octets; everything stored, so that gigabytes are copied and not squeezed.
"""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from agent.documents import Document, Filed, Made
from agent.errors import DocumentError
from agent.formats import content
from agent.formats.asic import names
from agent.formats.content import Slice, as_filed, new_file, size_of
from agent.full_disk import room

ASIC_E: Final = "application/vnd.etsi.asic-e+zip"
ASIC_S: Final = "application/vnd.etsi.asic-s+zip"
MANIFEST: Final = f"{names.META}ASiCManifest001.xml"
SIGNATURE: Final = f"{names.META}signature001.p7s"
#: What is held in memory; larger documents come in files.
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
_MODE: Final = 0o644 << 16
_EARLIEST_YEAR: Final = 1980  # of a ZIP file's times


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Documents by their names in the container."""

    parts: tuple[tuple[str, Document], ...] = field(repr=False)

    def check(self) -> None:
        """Raises DocumentError document_too_large for what is not at hand or too much to hold."""
        held = 0
        for _, document in self.parts:
            if not isinstance(document, Filed):
                held += len(content.held(document, limit=MAX_HELD_BYTES))
        if held > MAX_HELD_BYTES:
            raise DocumentError("document_too_large", size=held, limit=MAX_HELD_BYTES)

    @property
    def scratch(self) -> Path | None:
        """Where the container is made; None for in memory."""
        return next((one.scratch for _, one in self.parts if isinstance(one, Filed)), None)


def container(contents: Contents, *, manifest: bytes, signature: bytes, at: datetime) -> Made:
    """Raises DocumentError storage_full; OSError."""
    if contents.scratch is None:
        held = io.BytesIO()
        _write(held, contents, manifest=manifest, signature=signature, at=at)
        return held.getvalue()
    path = new_file(contents.scratch)
    try:
        with room(), path.open("xb") as file:
            _write(file, contents, manifest=manifest, signature=signature, at=at)
        return as_filed(path, scratch=contents.scratch)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(
    file: IO[bytes], contents: Contents, *, manifest: bytes, signature: bytes, at: datetime
) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, document in (
            (names.MIMETYPE, ASIC_E.encode()),
            *contents.parts,
            (MANIFEST, manifest),
            (SIGNATURE, signature),
        ):
            info = zipfile.ZipInfo(name, _time(at))
            info.external_attr = _MODE
            info.file_size = size_of(document)  # tells whether 32 bits are enough
            with archive.open(info, "w") as entry:
                match document:
                    case bytes():
                        entry.write(document)
                    case Filed():
                        whole = Slice(path=document.path, start=0, size=document.size)
                        content.copy(whole, entry)
                    case _:
                        raise DocumentError("document_too_large", size=document.size)


def _time(at: datetime) -> tuple[int, int, int, int, int, int]:
    utc = at.astimezone(UTC)
    year = max(utc.year, _EARLIEST_YEAR)
    return (year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
