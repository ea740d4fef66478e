"""Files as documents."""

import hashlib
from pathlib import Path

import pytest

from agent.app.files import reading
from agent.documents import Digested
from agent.errors import DocumentError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reading, "MAX_HELD_BYTES", 10)
    return tmp_path / "file"


def test_a_small_file_is_held(file: Path) -> None:
    file.write_bytes(b"0123456789")

    assert reading.document(file) == b"0123456789"


def test_a_large_file_is_known_by_its_hash(file: Path) -> None:
    file.write_bytes(b"0123456789a")

    found = reading.document(file)

    assert isinstance(found, Digested)
    assert (found.size, found.head) == (11, b"0123456789a")
    assert found.digests == {"sha256": hashlib.sha256(b"0123456789a").digest()}


def test_hashed_by_those_that_are_needed(file: Path) -> None:
    file.write_bytes(b"a")

    assert set(reading.hashed(file, {"sha512"}).digests) == {"sha256", "sha512"}


def test_held_within_a_limit(file: Path) -> None:
    file.write_bytes(b"0123456789")

    assert reading.held(file, limit=10) == b"0123456789"
    with pytest.raises(DocumentError) as caught:
        reading.held(file, limit=9)
    assert caught.value.details == {"size": 10, "limit": 9}
