"""What is remembered of accounts: the same after reading, never by halves, never thrown away."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.hsm.records import Held, Record, Records
from agent.keys import Confirmation, KeyType, OtpKind

CERTIFICATE = Held(
    id="a" * 64, der=b"\x30\x00", credential="key/0",
    confirmation=Confirmation(pin=True, otp=OtpKind.SENT, otp_label="SMS 09…"),
    key_type=KeyType.RSA, key_bits=2048,
)  # fmt: skip


def record(number: int = 0, **more) -> Record:
    filled = {
        "id": f"{number:032x}", "provider": "csc", "provider_name": "CSC",
        "base": "https://hsm.vn", "host": "hsm.vn", "name": "ketoan",
        "certificates": (CERTIFICATE,), "checked_at": datetime(2026, 5, 4, tzinfo=UTC),
    }  # fmt: skip
    return Record(**(filled | more))


def written(file: Records, *records: Record) -> None:
    with file.changing() as known:
        known.clear()
        known |= {each.id: each for each in records}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    name=st.text(max_size=20),
    fields=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    problem=st.sampled_from(["", "service_tls"]),
)
def test_what_is_written_is_read_again(tmp_path: Path, name, fields, problem) -> None:
    file = Records(tmp_path / "accounts.json")
    one, other = record(0, name=name, fields=fields, problem=problem), record(1, checked_at=None)
    written(file, one, other)
    assert list(file.read().values()) == [one, other]


def test_an_account_s_name_is_not_in_a_traceback() -> None:
    assert "ketoan" not in repr(record())


def test_no_file_is_no_account(tmp_path: Path) -> None:
    file = Records(tmp_path / "accounts.json")
    assert file.read() == {}
    assert file.stamp() is None


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    file = Records(tmp_path / "accounts.json")
    with file.changing():
        pass
    assert file.stamp() is None
    written(file, record())
    before = file.stamp()
    written(file, record())
    assert file.stamp() == before
    written(file, record(name="giamdoc"))
    assert file.stamp() != before


def _clear_and_fail(known: dict[str, Record]) -> None:
    known.clear()
    raise KeyError


def test_what_fails_while_it_changes_changes_nothing(tmp_path: Path) -> None:
    file = Records(tmp_path / "accounts.json")
    written(file, record())
    with pytest.raises(KeyError), file.changing() as known:
        _clear_and_fail(known)
    assert list(file.read().values()) == [record()]


@pytest.mark.parametrize(
    ("whole", "spoilt"),
    [
        (b'"version": 1', b'"version": 2'),
        (b'"csc"', b"7"),
        (b'"https://hsm.vn"', b"null"),
        (b'"key_type": "RSA"', b'"key_type": "DSA"'),
        (b'"id": "0000', b'"id": "../.'),
        (b'"accounts"', b'"more": 1, "accounts"'),
        (b"2026-05-04T00:00:00Z", b"2026-05-04T00:00:00"),
        (b"}", b""),
    ],
)
def test_a_spoilt_file_is_kept_aside(tmp_path: Path, caplog, whole, spoilt) -> None:
    caplog.set_level(logging.ERROR)
    path = tmp_path / "accounts.json"
    file = Records(path)
    written(file, record())
    text = path.read_bytes()
    assert whole in text
    path.write_bytes(text.replace(whole, spoilt, 1))

    assert file.read() == {}
    assert not path.exists()
    [aside] = tmp_path.glob("accounts.unreadable-*")
    assert aside.read_bytes() == text.replace(whole, spoilt, 1)
    assert str(aside) in caplog.text
    assert "ketoan" not in caplog.text
