"""What was issued, one file per certificate: written whole or not at all, readable by people."""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    at: datetime
    reason: str  # RFC 5280 §5.3.1 as asn1crypto spells it: key_compromise, superseded, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    serial: int
    certificate: bytes  # DER
    revocation: Revocation | None = None

    @property
    def label(self) -> str:
        return f"{self.serial:x}"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    serial: str
    certificate: str
    revoked_at: datetime | None = None
    reason: str | None = None


class Ledger:
    """A folder of JSON files. One process writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __iter__(self) -> Iterator[Entry]:
        for path in sorted(self._folder.glob("*.json")):
            kept = msgspec.json.decode(path.read_bytes(), type=_File)
            revocation = None
            if kept.revoked_at is not None:
                revocation = Revocation(at=kept.revoked_at, reason=kept.reason or "unspecified")
            yield Entry(
                serial=int(kept.serial, 16),
                certificate=b64decode(kept.certificate),
                revocation=revocation,
            )

    def keep(self, entry: Entry) -> None:
        revocation = entry.revocation
        kept = _File(
            serial=entry.label,
            certificate=b64encode(entry.certificate).decode(),
            revoked_at=None if revocation is None else revocation.at,
            reason=None if revocation is None else revocation.reason,
        )
        replace(
            self._folder / f"{entry.label}.json", msgspec.json.format(msgspec.json.encode(kept))
        )


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all, with `mode` from its first moment."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
