"""TLS certificates of the services' hosts, judged by openssl."""

import subprocess
from pathlib import Path

import pytest

from tests.support.sandbox import hand_keys_to
from webui.sandbox.ca import Authority
from webui.sandbox.hsm import tls

URL = "http://127.0.0.1:8621"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    hand_keys_to(tmp_path / "ca")
    return Authority.open(tmp_path / "ca", url=URL)


def verified(authority: Authority, path: Path, *more: str) -> str:
    done = subprocess.run(
        [
            *("openssl", "verify", "-purpose", "sslserver", *more),
            *("-CAfile", authority.trust / "root.pem"),
            *("-untrusted", authority.trust / "issuing.pem", path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("host", "asked"),
    [("127.0.0.1", "-verify_ip"), ("hsm.example", "-verify_hostname")],
)
def test_openssl_finds_it_good_for_its_host_alone(authority, tmp_path, host, asked) -> None:
    tls.context(tmp_path / "tls", authority, host=host)

    path = tmp_path / "tls" / f"{host}.pem"
    other = {"-verify_ip": "127.0.0.2", "-verify_hostname": "other.example"}[asked]
    assert verified(authority, path, asked, host).endswith(": OK\n")
    assert "mismatch" in verified(authority, path, asked, other)


def test_it_is_kept(authority, tmp_path) -> None:
    tls.context(tmp_path / "tls", authority, host="127.0.0.1")
    kept = (tmp_path / "tls" / "127.0.0.1.pem").read_bytes()

    tls.context(tmp_path / "tls", authority, host="127.0.0.1")
    assert (tmp_path / "tls" / "127.0.0.1.pem").read_bytes() == kept


def test_its_key_is_readable_by_its_owner_alone(authority, tmp_path) -> None:
    tls.context(tmp_path / "tls", authority, host="127.0.0.1")

    assert (tmp_path / "tls" / "127.0.0.1.pem").stat().st_mode & 0o077 == 0
