"""What was issued survives, whole."""

from datetime import UTC, datetime

import pytest

from webui.sandbox.ca import ledger
from webui.sandbox.ca.ledger import Entry, Ledger, Revocation


def test_entries_come_back_as_they_were_kept(tmp_path) -> None:
    revocation = Revocation(at=datetime(2026, 1, 2, tzinfo=UTC), reason="superseded")
    entries = [
        Entry(serial=0x5401, certificate=b"\x00\x01"),
        Entry(serial=0x5402, certificate=b"\x02", revocation=revocation),
    ]

    for entry in entries:
        Ledger(tmp_path).keep(entry)

    assert list(Ledger(tmp_path)) == entries


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch) -> None:
    path = tmp_path / "file"
    ledger.replace(path, b"before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        ledger.replace(path, b"after")

    assert path.read_bytes() == b"before"
